import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {createApp} from '../example/app.ts';
import {CodecFile} from '../example/codecs.ts';
import {KeyFile} from '../example/keys.ts';
import {password} from '../example/login.ts';
import {MemoryStore} from '../source/stores/memory.ts';
import {Client, listen} from './helpers/http/app.ts';
import {temporaryDirectory} from './helpers/stores/stores.ts';

// What the page on ASVS says of the example, over HTTP. `browser/` shows the rest in a browser.

/** The account comes first, as after a login: it makes the token that each form needs. */
const pages = ['/account', '/', '/shop', '/devices', '/steal', '/codec', '/keys'];

const start = async (t: ExecutionContext): Promise<Client> => {
	const keys = join(await temporaryDirectory(t), 'keys');
	const encryptionKeys = new KeyFile(`${keys}.encryption`);
	const app = createApp({
		store: new MemoryStore(),
		signingKeys: new KeyFile(keys),
		encryptionKeys,
		codecs: new CodecFile(`${keys}.codecs`, encryptionKeys),
	});
	return new Client(await listen(t, app));
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
	const visitor = await start(t);
	t.is(await submit(visitor, '/login', {name: 'Ada', password}), 303);
	for (const path of pages) {
		const {status, body, headers} = await visitor.get(path);
		t.is(status, 200, path);
		t.true(body.includes('action="/logout"'), path);
		t.is(headers['cache-control'], 'no-store', path);
	}
});

test('in the example, a login makes a new id, and a logout ends it', async t => {
	const visitor = await start(t);
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
	const visitor = await start(t);
	t.is(await submit(visitor, '/login', {name: 'Ada', password}), 303);
	t.is(await submit(visitor, '/logout', {token: 'forged'}), 403);
	t.true((await visitor.get('/account')).body.includes('Hello, Ada'));
});
