import test, {type ExecutionContext} from 'ava';
import type {Page} from 'playwright-core';
import {closeBrowser, openBrowser} from '../helpers/browser/browser.ts';
import {logIn, startExample} from '../helpers/browser/example.ts';
import {temporaryDirectory} from '../helpers/stores/stores.ts';

test.after.always(closeBrowser);

/** A store of its own for each test. The pages are the same on every store, and `stores.ts` starts them on all. */
const newStore = async (t: ExecutionContext): Promise<string> => `file:${await temporaryDirectory(t)}`;

const textOf = async (page: Page, selector: string): Promise<string> =>
	(await page.locator(selector).first().textContent()) ?? '';
const cost = (page: Page): Promise<string> => textOf(page, '#cost strong');
const tokenOf = async (page: Page): Promise<string> =>
	(await page.context().cookies()).find(({name}) => name === 'sid')?.value ?? '';
const idOf = async (page: Page): Promise<string> => (await tokenOf(page)).split('.')[0] ?? '';

test('a visitor counts views, fills a cart and logs in, and a restart and new keys change nothing', async t => {
	const example = await startExample(t, await newStore(t));
	const page = await (await openBrowser(t)).newPage();

	await page.goto(example.url);
	await page.getByRole('link', {name: 'Once more'}).click();
	t.is(await textOf(page, 'h1 .count'), '2');
	t.is(await cost(page), '1 read, 1 write');

	await page.goto(`${example.url}/shop`);
	await page.getByRole('button', {name: 'Add Storm lantern to the cart'}).click();
	await page.getByRole('button', {name: 'Add Storm lantern to the cart'}).click();
	t.is(await page.getByLabel('How many of Storm lantern').inputValue(), '2');

	const anonymous = await idOf(page);
	await logIn(page, example.url);
	t.true(await page.getByRole('heading', {name: 'Hello, Ada'}).isVisible());
	t.not(await idOf(page), anonymous, 'logging in makes a new id');

	const id = await idOf(page);
	await example.restart();
	await page.reload();
	t.true(await page.getByRole('heading', {name: 'Hello, Ada'}).isVisible(), 'still logged in after a restart');

	const token = await tokenOf(page);
	await page.goto(`${example.url}/keys`);
	await page.getByRole('button', {name: 'Rotate the signing keys now'}).click();
	t.is(await page.locator('#signing li').count(), 2);
	t.not(await tokenOf(page), token, 'the whole cookie is reissued');
	t.is(await idOf(page), id);

	await example.restart();
	await page.goto(`${example.url}/shop`);
	t.true(await page.getByText('Logged in as Ada').isVisible(), 'and after a rotation and another restart');
	t.is(await page.getByLabel('How many of Storm lantern').inputValue(), '2');
	t.is(await cost(page), '1 read, 0 writes');
});

test('a logout ends the session in a second tab, and a copy of the cookie is worthless', async t => {
	const example = await startExample(t, await newStore(t));
	const context = await openBrowser(t);
	const [first, second] = [await context.newPage(), await context.newPage()];
	await logIn(first, example.url);
	await second.goto(`${example.url}/account`);
	t.true(await second.getByRole('heading', {name: 'Hello, Ada'}).isVisible());

	const stolen = await context.cookies();
	await first.getByRole('main').getByRole('button', {name: 'Log out'}).click();
	await second.reload();
	t.true(await second.getByText('Not logged in').isVisible());

	const thief = await openBrowser(t);
	await thief.addCookies(stolen);
	const page = await thief.newPage();
	await page.goto(`${example.url}/account`);
	t.true(await page.getByText('Not logged in').isVisible());
});

test('the panel shows what is in the cookie and in the store, and never a whole token', async t => {
	const example = await startExample(t, `file:${await temporaryDirectory(t)}`);
	const page = await (await openBrowser(t)).newPage();
	await page.goto(`${example.url}/keys`);
	await page.goto(`${example.url}/`);

	const [cookie, record] = [await textOf(page, '#cookie'), await textOf(page, '#record')];
	t.true(cookie.includes(`sid=${(await idOf(page)).slice(0, 8)}`));
	t.true(record.includes('"views":1'));
	t.regex(record, /session:[\w-]{8}…/);
	t.false((await page.content()).includes(await idOf(page)));
});

test('a form of another site, or of a session that has ended, changes nothing', async t => {
	const example = await startExample(t, 'memory:');
	const page = await (await openBrowser(t)).newPage();
	await logIn(page, example.url);
	const answer = await page.context().request.post(`${example.url}/logout`, {form: {token: 'forged'}});
	t.is(answer.status(), 403);
	await page.reload();
	t.true(await page.getByRole('heading', {name: 'Hello, Ada'}).isVisible());
});

test('a name is shown as text, even if it looks like markup', async t => {
	const example = await startExample(t, 'memory:');
	const page = await (await openBrowser(t)).newPage();
	const name = '<img src=x>"\'&amp;';
	await logIn(page, example.url, name);
	t.is(await textOf(page, 'h1'), `Hello, ${name}`);
});

test('if the store is down, a page says that nothing is lost', async t => {
	const example = await startExample(t, 'redis://127.0.0.1:1');
	t.true(example.output.some(line => line.includes("doesn't answer")));
	const page = await (await openBrowser(t)).newPage();
	const answer = await page.goto(`${example.url}/`);
	t.is(answer?.status(), 503);
	t.true(await page.getByText('Nothing is lost').isVisible());
});
