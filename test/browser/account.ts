import test, {type ExecutionContext} from 'ava';
import type {BrowserContext, Page} from 'playwright-core';
import session from '../../source/index.ts';
import {closeBrowser, openBrowser} from '../helpers/browser/browser.ts';
import {type Login, logIn, startExample} from '../helpers/browser/example.ts';
import {temporaryDirectory} from '../helpers/stores/stores.ts';

// How long a login lasts, on how many devices, and what asks for the password again. One example serves all tests.

const ends: Array<() => unknown> = [];
const scope = {teardown: (end: () => unknown) => ends.unshift(end)};
const store = `file:${await temporaryDirectory(scope)}`;
const {url, output, operatorPassword} = await startExample(scope, store);
test.after.always(async () => {
	await closeBrowser();
	for (const end of ends) await end();
});

/** The sessions of the example, as another process of it would change them. */
const sessions = session<{confirmedAt?: number}>({store, keys: ['of no use here, since it reads no cookie']});

/** What somebody sees six minutes after the login. */
const waitSixMinutes = (name: string): Promise<number> =>
	sessions.updateAll(name, visit => {
		visit.confirmedAt = (visit.confirmedAt ?? 0) - 6 * 60_000;
	});

const person = async (t: ExecutionContext, name: string, login?: Login): Promise<Page> => {
	const page = await (await openBrowser(t)).newPage();
	await logIn(page, url, name, login);
	return page;
};

const isLoggedIn = async (page: Page): Promise<boolean> => {
	await page.goto(`${url}/account`);
	return page.getByRole('heading', {name: /^Hello, /}).isVisible();
};

/** The same browser after it was closed: it keeps what has an expiry of its own. */
const reopen = async (t: ExecutionContext, context: BrowserContext): Promise<BrowserContext> => {
	const {cookies, origins} = await context.storageState();
	return openBrowser(t, {storageState: {origins, cookies: cookies.filter(({expires}) => expires !== -1)}});
};

test.serial('a login lasts 30 days if it is to be remembered, and otherwise until the browser closes', async t => {
	const remembered = await person(t, 'Ada', {remember: true});
	const [cookie] = await remembered.context().cookies();
	t.true(Math.abs((cookie?.expires ?? 0) * 1000 - Date.now() - 30 * 86_400_000) < 600_000);
	await remembered.goto(`${url}/devices`);
	t.regex((await remembered.locator('.devices li').textContent()) ?? '', /Expires\s*in 30 days/);
	t.true(await isLoggedIn(await (await reopen(t, remembered.context())).newPage()));

	const usual = await person(t, 'Bob');
	t.is((await usual.context().cookies())[0]?.expires, -1);
	await usual.goto(`${url}/devices`);
	t.regex((await usual.locator('.devices li').textContent()) ?? '', /Expires\s*in 24 hours/);
	t.false(await isLoggedIn(await (await reopen(t, usual.context())).newPage()));
});

test.serial('a login on a fourth device logs out the one that was used longest ago', async t => {
	const pages = [await person(t, 'Cyd'), await person(t, 'Cyd'), await person(t, 'Cyd')] as const;
	t.is(await pages[2].getByRole('status').count(), 0);
	const fourth = await person(t, 'Cyd');
	t.is(await fourth.getByRole('status').textContent(), 'The device that you used longest ago is logged out.');
	t.deepEqual(await Promise.all([...pages, fourth].map(isLoggedIn)), [false, true, true, true]);
	await fourth.goto(`${url}/devices`);
	t.is(await fourth.locator('.devices li').count(), 3);
});

test.serial('deleting the account asks for the password again, unless it was given lately', async t => {
	const [page, elsewhere] = [await person(t, 'Dan', {remember: true}), await person(t, 'Dan')];
	const deletion = page.getByRole('button', {name: 'Delete my account'});
	t.regex((await page.locator('#confirmation').textContent()) ?? '', /works at once/);
	t.is(await waitSixMinutes('Dan'), 2);
	await page.reload();
	t.regex((await page.locator('#confirmation').textContent()) ?? '', /asks for it again/);

	await deletion.click();
	t.true(await page.getByRole('heading', {name: 'Your password again'}).isVisible());
	await page.getByLabel('Password of Dan').fill('guessed');
	await page.getByRole('button', {name: 'Confirm'}).click();
	t.is(await page.getByRole('alert').textContent(), 'Wrong password.');
	t.true(await isLoggedIn(elsewhere), 'nothing has happened');

	const [before] = await page.context().cookies();
	await page.getByLabel('Password of Dan').fill((await page.locator('#hint code').textContent()) ?? '');
	await page.getByRole('button', {name: 'Confirm'}).click();
	t.is(new URL(page.url()).pathname, '/account');
	const [after] = await page.context().cookies();
	t.not(after?.value, before?.value, 'a new id');
	t.true(Math.abs((after?.expires ?? 0) - (before?.expires ?? 0)) < 600, 'still remembered');

	await deletion.click();
	t.regex((await page.getByRole('status').textContent()) ?? '', /^Your account is deleted/);
	for (const each of [page, elsewhere]) t.false(await isLoggedIn(each));
});

test.serial('after the password, a user comes back to a page of the example, whatever a link says', async t => {
	const page = await person(t, 'Eve');
	await page.goto(`${url}/confirm?page=https://evil.example/`);
	await page.getByLabel('Password of Eve').fill((await page.locator('#hint code').textContent()) ?? '');
	await page.getByRole('button', {name: 'Confirm'}).click();
	t.is(page.url(), `${url}/account`);
});

test.serial('other devices are logged out only after the password, if it was given long ago', async t => {
	const [page, other] = [await person(t, 'Fay'), await person(t, 'Fay')];
	await waitSixMinutes('Fay');
	await page.goto(`${url}/devices`);
	await page.getByRole('button', {name: 'Log out all other devices'}).click();
	await page.getByLabel('Password of Fay').fill((await page.locator('#hint code').textContent()) ?? '');
	t.true(await isLoggedIn(other));
	await page.getByRole('button', {name: 'Confirm'}).click();
	await page.getByRole('button', {name: 'Log out all other devices'}).click();
	t.is(await page.getByRole('status').textContent(), 'One device is logged out.');
	t.false(await isLoggedIn(other));
});

test.serial('only the operator’s own password makes an operator, who counts all sessions and ends them', async t => {
	t.true(output.some(line => line.includes('operator')) && !output.some(line => line.includes(operatorPassword)));
	const everybodys = await person(t, 'operator');
	t.is(await everybodys.getByRole('alert').count(), 1);
	const [ada, alike] = [await person(t, 'Ada'), await person(t, 'Operator')];
	const visitor = await (await openBrowser(t)).newPage();
	await visitor.goto(url);
	for (const page of [everybodys, ada, alike, visitor]) {
		t.is((await page.goto(`${url}/operator`))?.status(), 403);
		await page.goto(`${url}/shop`);
		const token = await page.locator('input[name=token]').first().inputValue();
		const answer = await page.context().request.post(`${url}/operator/clear`, {form: {token}, maxRedirects: 0});
		t.is(answer.status(), 403);
	}

	const operator = await person(t, 'operator', {password: operatorPassword, remember: true});
	t.is((await operator.context().cookies())[0]?.expires, -1, 'an operator is not remembered');
	await operator.goto(`${url}/operator`);
	const numbers = await operator.locator('#statistics dd').allTextContents();
	t.is(Number(numbers[0]), await sessions.count());
	t.regex(numbers[1] ?? '', /^\d+, of \d+ users$/);

	const end = operator.getByRole('button', {name: 'End all other sessions'});
	await waitSixMinutes('operator');
	await end.click();
	await operator.getByLabel('Password of operator').fill(operatorPassword);
	await operator.getByRole('button', {name: 'Confirm'}).click();
	t.true(await isLoggedIn(ada));
	t.is(await sessions.count(), Number(numbers[0]));

	await end.click();
	t.is(await operator.getByRole('status').textContent(), `${Number(numbers[0]) - 1} sessions are ended.`);
	t.deepEqual((await operator.locator('#statistics dd').allTextContents()).slice(0, 3), ['1', '1, of 1 user', '0']);
	for (const page of [ada, alike]) t.false(await isLoggedIn(page));
	t.true(await isLoggedIn(operator));
});
