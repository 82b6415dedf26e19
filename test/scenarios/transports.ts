import {pathToFileURL} from 'node:url';
import test, {type ExecutionContext} from 'ava';
import session, {type SessionMiddleware, type SessionOptions, type Transport} from '../../source/index.ts';
import {MemoryStore} from '../../source/stores/memory.ts';
import {cookie} from '../../source/transports/cookie.ts';
import {header} from '../../source/transports/header.ts';
import {exampleOf, writeExamples} from '../helpers/docs/page.ts';
import {recordEvents} from '../helpers/events/record-events.ts';
import {type Answer, type Route, request, startApp, testKeys} from '../helpers/http/app.ts';
import {parseSetCookie} from '../helpers/http/set-cookie.ts';
import {makeToken} from '../helpers/http/tokens.ts';
import {fakeClock} from '../helpers/stores/conforms.ts';
import {watch} from '../helpers/stores/watched-store.ts';

// A list of transports: browsers come by cookie, API clients by header, to one application.

const route: Route = async ctx => {
	const [, verb, user] = ctx.path.split('/');
	if (verb === 'login') {
		await ctx.session.regenerate();
		ctx.session['user'] = user;
	}

	if (verb === 'logout') await ctx.session.destroy();
	if (verb === 'fail') ctx.throw(403);
	ctx.body = verb === 'none' ? '' : String(ctx.session['user']);
};

const start = async (t: ExecutionContext, options: SessionOptions = {}, configure?: Parameters<typeof startApp>[3]) => {
	const store = watch(new MemoryStore());
	const started = await startApp(t, {store, transport: [cookie(), header('x-session')], ...options}, route, configure);
	const get = (path: string, headers: Record<string, string> = {}) => request(started.port, path, {headers});
	return {store, get, ...started};
};

/** What an answer says of the session, and by which way. */
const said = ({headers, setCookie}: Answer) => ({
	cookie: setCookie.map(line => parseSetCookie(line).value),
	header: headers['x-session']?.toString(),
});

const nothing = {cookie: [], header: undefined};

/** The token that an answer brings. */
const tokenOf = (answer: Answer): string => said(answer).cookie[0] ?? said(answer).header ?? '';

/** The token of a session without a request, as the header carries it. */
const create = async (sessions: SessionMiddleware, data: object) =>
	makeToken({id: (await sessions.create(data as never)).id, name: 'x-session'});

test('a client without a token gets it by the first transport', async t => {
	const {get} = await start(t);
	const answer = await get('/login/ada');
	t.is(said(answer).cookie.length, 1);
	t.is(said(answer).header, undefined);
	t.is((await get('/', {cookie: `sid=${tokenOf(answer)}`})).body, 'ada');
	t.is(answer.headers['vary'], 'Cookie, x-session');
	t.is(answer.headers['cache-control'], 'no-cache="Set-Cookie"');
});

test('an empty header asks for the token by header, and is no token', async t => {
	const {get, store} = await start(t);
	for (const sent of ['', 'rubbish', makeToken({id: 'A'.repeat(43), name: 'x-session', key: 'another key'})]) {
		store.calls.length = 0;
		const answer = await get('/login/ada', {'x-session': sent});
		t.deepEqual(store.calls, ['create'], 'nothing was read');
		t.deepEqual(said(answer).cookie, []);
		t.is((await get('/', {'x-session': tokenOf(answer)})).body, 'ada');
		t.is(answer.headers['vary'], 'Cookie, x-session');
		t.is(answer.headers['cache-control'], 'no-cache="x-session"');
	}
});

test.serial('an empty header causes no event, a bad one does', async t => {
	const {get} = await start(t);
	const events = recordEvents(t);
	await get('/', {'x-session': '', cookie: 'sid='});
	t.deepEqual(events, []);
	await get('/', {'x-session': 'rubbish', cookie: 'sid=rubbish'});
	t.deepEqual(
		events.map(({name}) => name),
		['refused', 'refused'],
	);
});

test('a token fits only what it was issued by', async t => {
	const {get, store} = await start(t);
	const byCookie = tokenOf(await get('/login/ada'));
	const byHeader = tokenOf(await get('/login/grace', {'x-session': ''}));
	store.calls.length = 0;
	for (const headers of [{cookie: `sid=${byHeader}`}, {'x-session': byCookie}, {cookie: `x-session=${byHeader}`}]) {
		const answer = await get('/', headers as Record<string, string>);
		t.is(answer.body, 'undefined');
		t.deepEqual(said(answer), nothing);
	}

	t.deepEqual(store.calls, []);
	t.is((await get('/', {cookie: `sid=${byCookie}`})).body, 'ada');
	t.is((await get('/', {'x-session': byHeader})).body, 'grace');
});

test('of two different sessions, the first transport’s wins, and is answered by it', async t => {
	const {get, port} = await start(t);
	const byCookie = tokenOf(await get('/login/ada'));
	const byHeader = tokenOf(await get('/login/grace', {'x-session': ''}));
	const both = {cookie: `sid=${byCookie}`, 'x-session': byHeader};
	t.is((await get('/', both)).body, 'ada');

	const ended = await get('/logout', both);
	t.deepEqual(said(ended), {cookie: [''], header: undefined});

	const next = await get('/', both);
	t.is(next.body, 'grace', 'the other session lives, and no cookie stands before it any more');
	t.deepEqual(said(next), nothing);

	const last = await request(port, '/login/joan', {headers: both});
	t.deepEqual(said(last).cookie, [], 'the new id goes back by the header that brought the session');
	t.is((await get('/', {'x-session': tokenOf(last)})).body, 'joan');
	t.is((await get('/', {'x-session': byHeader})).body, 'undefined');
});

test('the token of a session that came by a cookie is never in a header, even if a script asks for it there', async t => {
	for (const transport of [
		[cookie(), header('x-session')],
		[header('x-session'), cookie()],
	]) {
		const {get} = await start(t, {transport});
		for (const path of ['/login/grace', '/logout', '/fail']) {
			for (const sent of ['', 'rubbish', makeToken({id: 'A'.repeat(43), name: 'x-session'})]) {
				const token = tokenOf(await get('/login/ada', {cookie: 'sid='}));
				const answer = await get(path, {cookie: `sid=${token}`, 'x-session': sent});
				t.is(said(answer).header, undefined, `${path} ${sent}`);
				t.is(said(answer).cookie.length, path === '/fail' ? 0 : 1);
			}
		}
	}
});

test('the first transport of the list that has a good token counts', async t => {
	const {get} = await start(t, {transport: [header('x-session'), cookie()]});
	const byHeader = tokenOf(await get('/login/grace'));
	const byCookie = tokenOf(await get('/login/ada', {cookie: 'sid='}));
	t.is((await get('/', {cookie: `sid=${byCookie}`, 'x-session': byHeader})).body, 'grace');
	t.is((await get('/', {cookie: `sid=${byCookie}`})).body, 'ada');
	t.is((await get('/')).headers['vary'], 'x-session, Cookie');
});

for (const [way, headersOf] of [
	['cookie', (token: string) => ({cookie: `sid=${token}`})],
	['header', (token: string) => ({'x-session': token})],
] as const) {
	const otherWay = way === 'cookie' ? 'header' : 'cookie';

	/** Asserts that only this way was used, and gives what it said. */
	const only = (t: ExecutionContext, answer: Answer): string | undefined => {
		t.deepEqual(said(answer)[otherWay], way === 'cookie' ? undefined : []);
		return [said(answer)[way] ?? []].flat()[0];
	};

	test(`a token that an older key signed is issued again by ${way}`, async t => {
		let keys: readonly string[] = testKeys.slice(1);
		const {get} = await start(t, {keys: () => keys});
		const old = tokenOf(await get('/login/ada', headersOf('')));
		keys = testKeys;
		const again = only(t, await get('/', headersOf(old))) ?? '';
		t.is(again.slice(0, 43), old.slice(0, 43));
		t.not(again, old);
		keys = testKeys.slice(0, 1);
		t.is((await get('/', headersOf(again))).body, 'ada');
		t.is((await get('/', headersOf(old))).body, 'undefined');
	});

	test(`a new id and the end come back by ${way}, and nothing of what is gone`, async t => {
		const {get, sessions} = await start(t);
		const first = tokenOf(await get('/login/ada', headersOf('')));
		const second = only(t, await get('/login/grace', headersOf(first))) ?? '';
		t.not(second.slice(0, 43), first.slice(0, 43));
		t.deepEqual(said(await get('/', headersOf(first))), nothing, 'a tombstone’s token is left alone');

		t.is(only(t, await get('/logout', headersOf(second))), '');
		t.deepEqual(said(await get('/', headersOf(second))), nothing, 'the client may hold another one by now');

		const third = tokenOf(await get('/login/joan', headersOf('')));
		await sessions.destroy({id: third.slice(0, 43)});
		t.deepEqual(said(await get('/', headersOf(third))), nothing);
		t.is((await get('/login/joan', headersOf(third))).body, 'joan');
		t.truthy(only(t, await get('/login/joan', headersOf(third))), 'a new session after one that is gone');
	});

	test.serial(`an extension, and a failing route, come back by ${way}`, async t => {
		const clock = fakeClock(t);
		const {get} = await start(t, {idleTimeout: '1h', touchAfter: '1m'});
		const token = tokenOf(await get('/login/ada', headersOf('')));
		t.deepEqual(said(await get('/', headersOf(token))), nothing);
		await clock.advance(60_000);
		t.is(only(t, await get('/', headersOf(token))), token);
		await clock.advance(60_000);
		const failed = await get('/fail', headersOf(token));
		t.is(failed.status, 403);
		t.is(only(t, failed), token);
		t.is(failed.headers['vary'], 'Cookie, x-session');
		t.is(failed.headers['cache-control'], `no-cache="${way === 'cookie' ? 'Set-Cookie' : 'x-session'}"`);
	});
}

test('what `secure: true` forbids does not leave by the next transport', async t => {
	const {get, store} = await start(t, {transport: [cookie({secure: true}), header('x-session')]});
	const refused = await get('/login/ada');
	t.deepEqual(said(refused), nothing);
	t.deepEqual(store.calls, []);
	t.truthy(said(await get('/login/ada', {'x-session': ''})).header, 'who asks for the header decided so');
});

test('two sessions of one application may not share one way of a list', async t => {
	const {app} = await start(t);
	for (const transport of [cookie(), header('X-SESSION'), [cookie({name: 'other'}), header('x-session')]]) {
		t.throws(() => session(app, {property: 'other', transport}), {code: 'ERR_SESSION_DUPLICATE'});
	}

	// Without the application it can only be found at a request.
	const {get} = await start(t, {}, other => {
		other.use(session({property: 'shop', transport: [cookie({name: 'shop'}), header('x-session')]}));
	});
	t.is((await get('/')).status, 500);
});

test('a name that only a request tells may not be another’s either', async t => {
	const named = cookie(ctx => ({name: ctx.path === '/alike' ? 'x-session' : 'sid'}));
	const {get, store} = await start(t, {transport: [named, header('x-session')]});
	t.is((await get('/login/ada')).status, 200);
	store.calls.length = 0;
	t.is((await get('/alike')).status, 500);
	t.deepEqual(store.calls, []);
});

test('your own transport, as the page has it, takes bearers', async t => {
	const at = await writeExamples(t, {'bearer.ts': exampleOf('transports.md', 'bearer')});
	const {bearer} = (await import(pathToFileURL(at('bearer.ts')).href)) as {bearer: Transport};
	const {get} = await start(t, {transport: [cookie(), bearer]});
	const first = await get('/login/ada', {authorization: 'Bearer '});
	t.deepEqual(said(first).cookie, []);
	const authorization = `Bearer ${said(first).header}`;
	const answer = await get('/', {authorization});
	t.is(answer.body, 'ada');
	t.is(answer.headers['vary'], 'Cookie, Authorization');
	t.is(said(await get('/logout', {authorization})).header, '');
	t.is((await get('/', {authorization: 'Basic YTpi'})).body, 'undefined');

	const alone = await start(t, {transport: bearer});
	const {header: value} = await alone.sessions.create({user: 'grace'});
	t.is((await alone.get('/', {authorization: value})).body, 'grace');
});

test('outside of a request, every way is read, and a session is made for the first', async t => {
	const {get, sessions} = await start(t);
	const {header: cookies, token} = await sessions.create({user: 'ada'});
	t.is(cookies, `sid=${token}`);
	const grace = await create(sessions, {user: 'grace'});
	for (const [headers, user] of [
		[{cookie: cookies}, 'ada'],
		[{'x-session': grace}, 'grace'],
		[{cookie: cookies, 'x-session': grace}, 'ada'],
		[{cookie: 'sid=rubbish', 'x-session': grace}, 'grace'],
		[{'x-session': token}, undefined],
	] as const) {
		const bare = {headers, method: 'GET', url: '/', socket: {}} as never;
		t.is((await sessions.fromRequest(bare))?.['user'], user);
		t.is((await get('/', headers)).body, String(user));
	}
});
