import {once} from 'node:events';
import {writeFile} from 'node:fs/promises';
import {connect} from 'node:net';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {createApp} from '../example/app.ts';
import {CodecFile} from '../example/codecs.ts';
import {KeyFile} from '../example/keys.ts';
import {password} from '../example/login.ts';
import {MemoryStore} from '../source/stores/memory.ts';
import {startExample} from './helpers/browser/example.ts';
import {Client, listen} from './helpers/http/app.ts';
import {fakeClock} from './helpers/stores/conforms.ts';
import {temporaryDirectory} from './helpers/stores/stores.ts';

// What the page on ASVS says of the example, over HTTP. `browser/` shows the rest in a browser.

/** The account comes first, as after a login: it makes the token that each form needs. */
const pages = ['/account', '/', '/shop', '/devices', '/steal', '/codec', '/keys'];

const start = async (
	t: ExecutionContext,
	listed: readonly string[] = [],
): Promise<{visitor: Client; operatorPassword: string}> => {
	const keys = join(await temporaryDirectory(t), 'keys');
	const encryptionKeys = new KeyFile(`${keys}.encryption`);
	const operatorPasswords = new KeyFile(`${keys}.operator`);
	await writeFile(`${keys}.codecs`, listed.join('\n'));
	const codecs = new CodecFile(`${keys}.codecs`, encryptionKeys);
	const app = createApp({
		store: new MemoryStore(),
		signingKeys: new KeyFile(keys),
		encryptionKeys,
		operatorPasswords,
		codecs,
	});
	return {visitor: new Client(await listen(t, app)), operatorPassword: operatorPasswords.keys[0] ?? ''};
};

/** Sends a form with the token of a page, and keeps the cookie that comes back. */
const submit = async (client: Client, path: string, fields: Readonly<Record<string, string>> = {}): Promise<number> => {
	const [, token = ''] = /name="token" value="([^"]+)"/.exec((await client.get('/account')).body) ?? [];
	const {status, headers} = await fetch(`http://127.0.0.1:${client.port}${path}`, {
		method: 'POST',
		body: new URLSearchParams({token, ...fields}),
		headers: {cookie: client.cookie},
		redirect: 'manual',
	});
	for (const line of headers.getSetCookie()) {
		const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
		client.cookies.set(name, value);
	}

	return status;
};

test('in the example, each page shows a user how to log out, and no browser may keep a copy', async t => {
	const {visitor} = await start(t);
	t.is(await submit(visitor, '/login', {name: 'Ada', password}), 303);
	for (const path of pages) {
		const {status, body, headers} = await visitor.get(path);
		t.is(status, 200, path);
		t.true(body.includes('action="/logout"'), path);
		t.is(headers['cache-control'], 'no-store', path);
	}
});

test('in the example, a login makes a new id, and a logout ends it', async t => {
	const {visitor} = await start(t);
	await visitor.get('/account');
	const before = visitor.fork();
	t.is(await submit(visitor, '/login', {name: 'Ada', password}), 303);
	t.not(visitor.cookie, before.cookie);
	t.false((await before.get('/account')).body.includes('Hello, Ada'));
	t.true((await visitor.get('/account')).body.includes('Hello, Ada'));

	const stolen = visitor.fork();
	t.is(await submit(visitor, '/logout'), 303);
	t.false((await stolen.get('/account')).body.includes('Hello, Ada'));
});

test('in the example, a form without its token changes nothing', async t => {
	const {visitor} = await start(t);
	t.is(await submit(visitor, '/login', {name: 'Ada', password}), 303);
	t.is(await submit(visitor, '/logout', {token: 'forged'}), 403);
	t.true((await visitor.get('/account')).body.includes('Hello, Ada'));
});

test("in the example, a login keeps a visitor's cart and the user's own, but not another user's", async t => {
	const {visitor} = await start(t);
	const isCartKept = async (name: string): Promise<boolean> => {
		t.is(await submit(visitor, '/login', {name, password}), 303);
		const {body} = await visitor.get('/account');
		t.true(body.includes(`Hello, ${name}`));
		return body.includes('Your cart</a> holds 1 product.');
	};
	t.is(await submit(visitor, '/cart/add', {product: 'map'}), 303);
	t.true(await isCartKept('Ada'));
	t.true(await isCartKept('Ada'));
	t.false(await isCartKept('Eve'));
});

test('in the example, the list of codecs grows as long as the library takes it', async t => {
	const {visitor} = await start(t, Array.from({length: 127}, () => ['json', 'encrypted']).flat());
	t.true((await visitor.get('/codec')).body.includes('The list is full'));
	await t.throwsAsync(start(t, Array(255).fill('json')), {
		instanceOf: RangeError,
		message: /codecs to hold up to 254 lines/,
	});
	t.false((await (await start(t, Array(253).fill('json'))).visitor.get('/codec')).body.includes('The list is full'));
});

const isIn = async (client: Client): Promise<boolean> => (await client.get('/account')).body.includes('Hello, ');
const [minute, day] = [60_000, 86_400_000];

test.serial('in the example, “remember me” lasts: 30 days without use, and 90 in all', async t => {
	const {visitor, operatorPassword} = await start(t);
	const [usual, operator] = [new Client(visitor.port), new Client(visitor.port)];
	const clock = fakeClock(t);
	await submit(visitor, '/login', {name: 'Ada', password, remember: 'on'});
	await submit(usual, '/login', {name: 'Bob', password});
	await submit(operator, '/login', {name: 'operator', password: operatorPassword, remember: 'on'});
	t.true((await isIn(visitor)) && (await isIn(usual)) && (await isIn(operator)));

	await clock.advance(16 * minute);
	t.false(await isIn(operator), 'an operator never');
	await clock.advance(day);
	t.false(await isIn(usual));
	for (let days = 1; days < 88; days += 29) {
		t.true(await isIn(visitor), `${days} days`);
		await clock.advance(29 * day);
	}
	t.true(await isIn(visitor));
	await clock.advance(2 * day);
	t.false(await isIn(visitor));
});

test.serial('in the example, the password counts for five minutes', async t => {
	const {visitor, operatorPassword} = await start(t);
	const clock = fakeClock(t);
	const isInAfter = async (client: Client, path: string) => {
		await submit(client, path);
		return isIn(client);
	};
	await submit(visitor, '/login', {name: 'Ada', password});
	await clock.advance(5 * minute + 1);
	t.true(await isInAfter(visitor, '/account/delete'));

	t.is(await submit(visitor, '/confirm', {password: 'wrong'}), 422);
	t.is(await submit(visitor, '/confirm', {password: operatorPassword}), 422);
	const before = visitor.fork();
	t.is(await submit(visitor, '/confirm', {password}), 303);
	t.false(await isIn(before), 'the old id is dead');
	await clock.advance(-1);
	t.true(await isInAfter(visitor, '/account/delete'), 'a clock that was set back confirms nothing');
	await clock.advance(5 * minute + 1);
	t.false(await isInAfter(visitor, '/account/delete'));
});

test('the example ends in good order though a browser holds a connection over which it has asked nothing', async t => {
	const {url, restart} = await startExample(t, 'memory:');
	const socket = connect(Number(new URL(url).port), '127.0.0.1');
	t.teardown(() => socket.destroy());
	await once(socket, 'connect');
	await restart();
	t.is((await fetch(url)).status, 200);
});
