import test, {type ExecutionContext} from 'ava';
import type {Page} from 'playwright-core';
import {closeBrowser, openBrowser} from '../helpers/browser/browser.ts';
import {logIn, startExample} from '../helpers/browser/example.ts';
import {temporaryDirectory} from '../helpers/stores/stores.ts';

test.after.always(closeBrowser);

const firefox = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:142.0) Gecko/20100101 Firefox/142.0';
const safari =
	'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1';

/** A logged-in browser. */
const person = async (t: ExecutionContext, url: string, name: string, userAgent?: string): Promise<Page> => {
	const page = await (await openBrowser(t, userAgent === undefined ? {} : {userAgent})).newPage();
	await logIn(page, url, name);
	return page;
};

const devicesOf = async (page: Page, url: string): Promise<string[]> => {
	await page.goto(`${url}/devices`);
	return page.locator('.devices h2').allTextContents();
};

const isLoggedIn = async (page: Page, url: string): Promise<boolean> => {
	await page.goto(`${url}/account`);
	return page.getByRole('heading', {name: /^Hello, /}).isVisible();
};

/** What a form on the devices page sends. */
const formOf = async (page: Page, url: string): Promise<{token: string; handle: string}> => {
	await page.goto(`${url}/devices`);
	const field = (name: string) => page.locator(`form[action="/devices/end"] input[name=${name}]`).inputValue();
	return {token: await field('token'), handle: await field('handle')};
};

/** A store of its own for each test. The pages are the same on every store, and `stores.ts` starts them on all. */
const newStore = async (t: ExecutionContext): Promise<string> => `file:${await temporaryDirectory(t)}`;

test.serial("a device logs out another one of the same user, and nobody else's", async t => {
	const {url} = await startExample(t, await newStore(t));
	const [ada, eve] = ['Ada', 'Eve'];
	const [desk, telephone] = [await person(t, url, ada, firefox), await person(t, url, ada, safari)];
	const other = await person(t, url, eve);

	t.deepEqual(await devicesOf(desk, url), ['Firefox on Windows This device', 'Safari on iPhone']);
	t.deepEqual(await devicesOf(telephone, url), ['Safari on iPhone This device', 'Firefox on Windows']);
	t.is((await devicesOf(other, url)).length, 1);
	const [, second] = await desk.locator('.devices li').allTextContents();
	for (const part of [
		'Logged in from 127.0.0.1',
		'Created',
		'Last used',
		'in the last 5 minutes',
		'Expires',
		'in 24 hours',
	])
		t.true(second?.includes(part), part);

	await desk.getByRole('button', {name: 'Log out Safari on iPhone, 127.0.0.1'}).click();
	t.is(await desk.getByRole('status').textContent(), 'Safari on iPhone is logged out.');
	t.is(await desk.locator('.devices li').count(), 1);

	await telephone.reload();
	t.true(await telephone.getByText('Not logged in').isVisible(), 'it takes effect with the next click');
	t.true(await isLoggedIn(desk, url));
	t.true(await isLoggedIn(other, url));
});

test.serial("a device logs out all others of the same user, and nobody else's", async t => {
	const {url} = await startExample(t, await newStore(t));
	const [ada, eve] = ['Ada', 'Eve'];
	const desk = await person(t, url, ada, firefox);
	const others = [await person(t, url, ada, safari), await person(t, url, ada)];
	const stranger = await person(t, url, eve);

	t.is((await devicesOf(desk, url)).length, 3);
	await desk.getByRole('button', {name: 'Log out all other devices'}).click();
	t.is(await desk.getByRole('status').textContent(), '2 devices are logged out.');
	t.is(await desk.locator('.devices li').count(), 1);
	t.true(await desk.getByText('There is no other').isVisible());

	for (const page of others) t.false(await isLoggedIn(page, url));
	t.true(await isLoggedIn(desk, url));
	t.true(await isLoggedIn(stranger, url));
});

test.serial("somebody else's handle, or a forged one, logs nobody out", async t => {
	const {url} = await startExample(t, await newStore(t));
	const [ada, eve] = ['Ada', 'Eve'];
	const victims = [await person(t, url, ada, firefox), await person(t, url, ada, safari)] as const;
	const attackers = [await person(t, url, eve), await person(t, url, eve)] as const;
	// The form on the first device has the handle of the second.
	const {handle} = await formOf(victims[0], url);
	const own = await formOf(attackers[0], url);
	const send = (form: {token: string; handle: string}) =>
		attackers[0].context().request.post(`${url}/devices/end`, {form, maxRedirects: 0});

	for (const forged of [handle, handle.toLowerCase(), '', 'x', '../sessions']) {
		t.is((await send({token: own.token, handle: forged})).status(), 303);
	}

	t.is((await send({token: 'forged', handle: own.handle})).status(), 403);
	for (const page of [...victims, ...attackers]) t.true(await isLoggedIn(page, url));

	t.is((await send(own)).status(), 303);
	t.false(await isLoggedIn(attackers[1], url), 'the same request with their own handle logs that device out');
	for (const page of victims) t.true(await isLoggedIn(page, url));
});

test.serial('a visitor who isn’t logged in sees no device and logs none out', async t => {
	const {url} = await startExample(t, 'memory:');
	const ada = await person(t, url, 'Ada', firefox);
	await person(t, url, 'Ada', safari);
	const {handle} = await formOf(ada, url);

	const stranger = await (await openBrowser(t)).newPage();
	t.deepEqual(await devicesOf(stranger, url), []);
	await stranger.goto(`${url}/shop`);
	const token = await stranger.locator('input[name=token]').first().inputValue();
	for (const path of ['end', 'end-others']) {
		const answer = await stranger
			.context()
			.request.post(`${url}/devices/${path}`, {form: {token, handle}, maxRedirects: 0});
		t.is(answer.status(), 303);
	}

	t.is((await devicesOf(ada, url)).length, 2);
});
