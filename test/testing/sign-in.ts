import {pathToFileURL} from 'node:url';
import test, {type ExecutionContext} from 'ava';
import Koa from 'koa';
import session, {type SessionOptions} from '../../source/index.ts';
import {signIn} from '../../source/testing/index.ts';
import {header} from '../../source/transports/header.ts';
import {exampleOf, replaced, writeExamples} from '../helpers/docs/page.ts';
import {request, startApp, testKeys} from '../helpers/http/app.ts';
import {findChromium} from '../services/chromium.ts';
import {freePort} from '../services/server.ts';

// `signIn()` with the tools that the page on testing names, as the page shows them.

/** Runs an example of the page, which asserts what it shows. */
const run = async (t: ExecutionContext, code: string): Promise<unknown> => {
	const at = await writeExamples(t, {'app.ts': exampleOf('testing.md', 'export const sessions'), 'example.ts': code});
	return import(pathToFileURL(at('example.ts')).href);
};

/** What an example expects, and what it would get if nobody were signed in. */
const runs = async (t: ExecutionContext, code: string): Promise<void> => {
	await t.notThrowsAsync(run(t, code));
	await t.throwsAsync(run(t, replaced(code, {"{user: 'ada'}": '{}'})), {message: /ada|nobody|Timeout/});
};

test('supertest sends the session once, and its agent keeps what the application makes of it', t =>
	runs(t, exampleOf('testing.md', "'supertest'")));

test('light-my-request sends the session', t => runs(t, exampleOf('testing.md', "assert.equal(payload, 'ada')")));

test("Playwright's browser starts with the session", async t => {
	const launch = `chromium.launch({executablePath: '${findChromium()}', args: ['--no-sandbox']})`;
	const onMachine = async () =>
		replaced(exampleOf('testing.md', 'storageState'), {
			"'playwright'": "'playwright-core'",
			'chromium.launch()': launch,
			'3000': String(await freePort()),
		});
	await t.notThrowsAsync(run(t, await onMachine()));
});

const start = async (t: ExecutionContext, options: SessionOptions) =>
	startApp(t, {store: 'memory:', ...options}, async ctx => {
		if (ctx.path === '/regenerate') await ctx.session.regenerate();
		ctx.body = String(ctx.session['user']);
	});

test('any client may send the headers, also of another transport', async t => {
	for (const options of [{}, {cookie: {name: 'other'}}, {transport: header('X-Session')}]) {
		const {sessions, port} = await start(t, options);
		const {headers, token, header: value} = await signIn<Record<string, unknown>>(sessions, {user: 'ada'});
		t.deepEqual(Object.values(headers), [value]);
		t.true(value.endsWith(token));
		t.is((await request(port, '/', {headers})).body, 'ada');
	}
});

test('a session made for a test has the subject and the lifetime of the browser that it was given', async t => {
	const {sessions} = await start(t, {});
	const {id} = await signIn<Record<string, unknown>>(sessions, {}, {subject: 'ada', permanent: false});
	t.is(await sessions.revoke('ada'), 1);
	t.false(await sessions.isAlive({id}));
	await t.throwsAsync(signIn<Record<string, unknown>>(sessions, {id: 1}), {code: 'ERR_SESSION_RESERVED'});
});

test('a storage state is of one origin, and says what else to do if there is no cookie', async t => {
	const app = new Koa({keys: testKeys});
	const sessions = session(app, {store: 'memory:', cookie: {name: '__Host-sid', secure: true}});
	const {storageState, token} = await signIn<object>(sessions, {});
	t.deepEqual(storageState('http://app.example:8080/path'), {
		cookies: [
			{
				name: '__Host-sid',
				value: token,
				domain: 'app.example',
				path: '/',
				expires: -1,
				httpOnly: true,
				secure: true,
				sameSite: 'Lax',
			},
		],
		origins: [],
	});
	t.throws(() => storageState('app.example'), {instanceOf: TypeError});
	for (const [name, isSecure] of [
		['sid', false],
		['__session', false],
		['__Secure-sid', true],
		['__Http-sid', true],
		['__Host-Http-sid', true],
		['__host-sid', true],
	] as const) {
		const named = session(new Koa({keys: testKeys}), {store: 'memory:', cookie: {name}});
		const {storageState: stateAt} = await signIn<object>(named, {});
		t.is(stateAt('http://app.example').cookies[0]?.secure, isSecure, name);
		t.true(stateAt('https://app.example').cookies[0]?.secure);
	}
	const bearer = session(app, {store: 'memory:', property: 'api', transport: header('x-session')});
	const other = await signIn<object>(bearer, {});
	t.throws(() => other.storageState('http://app.example'), {message: /`x-session`.+`extraHTTPHeaders: headers`/});
});
