import test, {type ExecutionContext} from 'ava';
import type {Page} from 'playwright-core';
import {closeBrowser, openBrowser} from '../helpers/browser/browser.ts';
import {logIn, startExample} from '../helpers/browser/example.ts';
import {temporaryDirectory} from '../helpers/stores/stores.ts';

test.after.always(closeBrowser);

/** The bytes in a part of the panel: text after its first byte, or numbers. */
const bytesIn = async (page: Page, part: 'record' | 'former'): Promise<string> =>
	(await page.locator(`#${part} pre`).textContent()) ?? '';
const sizeIn = async (page: Page, part: 'record' | 'former'): Promise<number> =>
	Number(/(\d+) bytes/.exec((await page.locator(`#${part}`).textContent()) ?? '')?.[1]);
const idOf = async (page: Page): Promise<string> =>
	(await page.context().cookies()).find(({name}) => name === 'sid')?.value.split('.')[0] ?? '';
const isLoggedIn = (page: Page): Promise<boolean> => page.getByText('Logged in as Ada').isVisible();

const isUnreadable = (bytes: string): boolean => /^[0-9a-f]{2}( [0-9a-f]{2})+$/.test(bytes);
const textOf = (bytes: string): string => Buffer.from(bytes.replaceAll(' ', ''), 'hex').toString('latin1');

/** A store of its own for each test. The pages are the same on every store, and `stores.ts` starts them on all. */
const newStore = async (t: ExecutionContext): Promise<string> => `file:${await temporaryDirectory(t)}`;

test.serial('a logged-in browser notices neither a switch of the codec, there and back, nor a new key', async t => {
	const example = await startExample(t, await newStore(t));
	const page = await (await openBrowser(t)).newPage();
	await logIn(page, example.url);
	await page.goto(`${example.url}/codec`);
	const id = await idOf(page);
	const before = await bytesIn(page, 'record');
	t.regex(before, /^01 \{.*"user":"Ada"/);
	t.is(await page.locator('#former').count(), 0);

	await page.getByRole('button', {name: 'Switch to encrypted MessagePack'}).click();
	const sealed = await bytesIn(page, 'record');
	t.true(isUnreadable(sealed) && sealed.startsWith('02 01 '));
	t.false(textOf(sealed).includes('Ada'));
	t.is(textOf(sealed).length, await sizeIn(page, 'record'), 'all bytes are shown');
	t.is(await bytesIn(page, 'former'), before, 'and those from before');
	t.is(Buffer.byteLength(before) - '01 '.length + 1, await sizeIn(page, 'former'));
	t.true(await isLoggedIn(page));
	t.is(await idOf(page), id);

	await page.reload();
	t.is(await bytesIn(page, 'record'), sealed, 'an unchanged session is never encrypted again');
	t.is(await page.locator('#cost strong').textContent(), '1 read, 0 writes');

	await page.goto(`${example.url}/keys`);
	await page.getByRole('button', {name: 'Rotate the encryption keys now'}).click();
	const resealed = await bytesIn(page, 'record');
	const keys = await page.locator('#encryption code').allTextContents();
	const keyIn = (bytes: string) => bytes.slice('02 01 '.length).replaceAll(' ', '').slice(0, 8);
	t.deepEqual(
		[keyIn(resealed), keyIn(sealed)],
		[keys[0] ?? '', keys[1] ?? ''],
		'each record begins with the id of its key',
	);
	t.is(await bytesIn(page, 'former'), sealed);
	t.true(await isLoggedIn(page));

	await example.restart();
	await page.goto(`${example.url}/codec`);
	t.true(await isLoggedIn(page), 'still logged in after a restart');
	t.is(await bytesIn(page, 'record'), resealed);

	await page.getByRole('button', {name: 'Switch back to JSON'}).click();
	t.regex(await bytesIn(page, 'record'), /^01 \{.*"user":"Ada"/);
	t.is(await bytesIn(page, 'former'), resealed);
	t.deepEqual(await page.locator('ol.keys li').allTextContents(), [
		'JSON reads what it wrote',
		'encrypted MessagePack reads what it wrote',
		'JSON writes and reads',
	]);
	t.true(await isLoggedIn(page));
	t.is(await idOf(page), id);

	await example.restart();
	await page.reload();
	t.true(await isLoggedIn(page));
});

test.serial(
	'the record of a visitor who did not come during the switches is rewritten by the next request',
	async t => {
		const example = await startExample(t, `file:${await temporaryDirectory(t)}`);
		const [away, operator] = [await (await openBrowser(t)).newPage(), await (await openBrowser(t)).newPage()];
		await logIn(away, example.url);

		await operator.goto(`${example.url}/codec`);
		for (const name of ['Switch to encrypted MessagePack', 'Switch back to JSON', 'Switch to encrypted MessagePack'])
			await operator.getByRole('button', {name}).click();

		await example.restart();
		await away.goto(`${example.url}/account`);
		t.true(await isLoggedIn(away));
		t.true((await bytesIn(away, 'record')).startsWith('04 01 '));
		t.regex(await bytesIn(away, 'former'), /^01 \{.*"user":"Ada"/);
	},
);

test.serial('two tabs that switch to the same codec switch once, and an unknown codec is refused', async t => {
	const {url} = await startExample(t, 'memory:');
	const context = await openBrowser(t);
	const [first, second] = [await context.newPage(), await context.newPage()];
	await first.goto(`${url}/codec`);
	await second.goto(`${url}/codec`);
	for (const page of [first, second]) await page.getByRole('button', {name: 'Switch to encrypted MessagePack'}).click();
	t.is(await second.locator('ol.keys li').count(), 2);

	const token = await second.locator('input[name=token]').first().inputValue();
	const answer = await context.request.post(`${url}/codec/switch`, {form: {token, to: 'xml'}});
	t.is(answer.status(), 422);
	await second.reload();
	t.is(await second.locator('ol.keys li').count(), 2);
});
