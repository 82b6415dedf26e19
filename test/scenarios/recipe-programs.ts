import {randomUUID} from 'node:crypto';
import {globSync} from 'node:fs';
import test, {type ExecutionContext} from 'ava';
import session from '../../source/index.ts';
import {FilesystemStore} from '../../source/stores/filesystem.ts';
import {startRecipe} from '../helpers/docs/recipe.ts';
import {testKeys} from '../helpers/http/app.ts';
import {Jar} from '../helpers/http/jar.ts';
import {logInAtProvider, providerChanges, startProvider} from '../helpers/http/provider.ts';
import {fakeClock} from '../helpers/stores/conforms.ts';
import {redisUrl} from '../helpers/stores/redis.ts';
import {temporaryDirectory} from '../helpers/stores/stores.ts';

// The programs of `docs/recipes/`, driven as their users would. `browser/passkeys.ts`, `lambda.ts`, `back-channel-logout.ts`
// and `recipe-connections.ts` drive the others.

const elsewhere = ['webauthn.ts', 'lambda.ts', 'back-channel-logout.ts', 'socket-io.ts', 'server-sent-events.ts'];
const driven = new Set(elsewhere);
const all = globSync('*.{js,ts}', {cwd: `${import.meta.dirname}/../../docs/recipes`});

const start = (t: ExecutionContext, name: string, changes?: Readonly<Record<string, string>>): Promise<Jar> => {
	driven.add(name);
	return startRecipe(t, name, changes);
};

test.serial('passport.js: a login has a new id, and a wrong password has none', async t => {
	const directory = await temporaryDirectory(t);
	const stored = session({store: new FilesystemStore({directory}), keys: testKeys});
	const visitor = await start(t, 'passport.js', {"'file:./sessions'": `'file:${directory}'`});
	const logIn = (password: string) => visitor.post('/login', {username: 'ada', password});
	t.is((await logIn('wrong')).headers.get('location'), '/?failed');
	t.is(await visitor.text('/'), 'Nobody is logged in');
	t.is((await logIn('correct horse')).headers.get('location'), '/');
	t.is(await stored.count({subject: 'ada'}), 1);
	const before = visitor.fork();
	t.is(await visitor.text('/'), 'Hello ada');
	await logIn('correct horse');
	t.is(await before.text('/'), 'Nobody is logged in', 'the old id opens nothing');
	await visitor.post('/logout');
	t.is(await visitor.text('/'), 'Nobody is logged in');
});

test.serial('openid-connect.ts: the browser goes to the provider and comes back logged in, once', async t => {
	const issuer = await startProvider(t, {}, {scopes: ['openid', 'prices']});
	const visitor = await start(t, 'openid-connect.ts', {
		...providerChanges(issuer),
		'const app = new Koa();': 'const app = new Koa();\napp.silent = true;',
	});
	t.is((await visitor.get('/callback?code=1&state=1')).status, 400, 'nobody has begun a login');

	const sent = (await visitor.get('/login')).headers.get('location') ?? '';
	t.true(sent.startsWith(`${issuer}/auth?`));
	const path = await logInAtProvider(new Jar(issuer), sent);
	const [before, stranger] = [visitor.fork(), visitor.fork()];
	stranger.cookies.clear();
	t.is((await stranger.get(path)).status, 400, 'the code alone logs nobody in');
	t.is((await visitor.get(path)).headers.get('location'), '/');
	t.is(await visitor.text('/'), `${new URL(issuer).host}|ada`);
	t.is(await before.text('/'), 'Nobody is logged in');
	t.is((await visitor.get(path)).status, 400, 'it counts once');
	await visitor.post('/logout');
	t.is(await visitor.text('/'), 'Nobody is logged in');

	const changed = ((await stranger.get('/login')).headers.get('location') ?? '').replace(
		'scope=openid',
		'scope=prices',
	);
	const nameless = await logInAtProvider(new Jar(issuer), changed);
	t.regex(nameless, /[?&]code=/);
	t.is((await stranger.get(nameless)).status, 500, 'the provider names nobody');
	t.is(await stranger.text('/'), 'Nobody is logged in');
});

test.serial('csrf-fetch-metadata.ts: another site can read, and change nothing', async t => {
	const visitor = await start(t, 'csrf-fetch-metadata.ts');
	// `fetch` says for itself from which site it comes.
	const order = async (headers: Record<string, string>) => (await visitor.raw('/', {method: 'POST', headers})).status;
	t.is(await order({'sec-fetch-site': 'same-origin'}), 200);
	t.is(await order({'sec-fetch-site': 'cross-site'}), 403);
	t.is(await order({'sec-fetch-site': 'same-site'}), 403, 'a sibling domain may be an attacker');
	t.is(await order({origin: 'https://evil.example'}), 403);
	t.is(await order({origin: visitor.origin}), 200);
	t.is(await order({}), 200, 'a program');
	t.regex((await visitor.raw('/', {headers: {'sec-fetch-site': 'cross-site'}})).body, /Orders: 3/);
});

test.serial('csrf-token.js: a form without its token changes nothing', async t => {
	const visitor = await start(t, 'csrf-token.js');
	const [, _csrf = ''] = /value="([^"]+)"/.exec(await visitor.text('/order')) ?? [];
	t.is((await visitor.post('/order', {_csrf: 'guessed'})).status, 403);
	t.is((await visitor.post('/order', {_csrf})).status, 200);
	t.regex(await visitor.text('/order'), /Orders: 1/);
	t.is((await new Jar(visitor.origin).post('/order', {_csrf})).status, 403, "another visitor's token");
	t.is((await visitor.get('/')).headers.get('set-cookie'), null);
});

test.serial('limiting-logins.ts: the right password comes too late after five wrong ones', async t => {
	const visitor = await start(t, 'limiting-logins.ts', {
		"process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379'": `'${await redisUrl()}'`,
		'`tries:a': `\`${randomUUID()}:tries:a`,
		'{store: url}': `{store: url, prefix: '${randomUUID()}:'}`,
	});
	const logIn = async (name: string, password: string) => (await visitor.post('/login', {name, password})).status;
	t.is(await logIn('eve', 'correct horse'), 200);
	const wrong = await Promise.all(Array.from({length: 7}, () => logIn('ada', 'wrong')));
	t.deepEqual(wrong.toSorted(), [403, 403, 403, 403, 403, 429, 429], 'tries at once count too');
	t.is(await logIn('ada', 'correct horse'), 429);
	t.is(await logIn('bob', 'correct horse'), 200, 'others are not locked out');
});

test.serial("cart.ts: a visitor's cart joins the account's, and nothing is counted twice or lost", async t => {
	const visitor = await start(t, 'cart.ts', {
		"const user = 'ada';": "const user = String(ctx.query['user'] ?? 'ada');",
	});
	await visitor.post('/add/lamp');
	await Promise.all(Array.from({length: 5}, () => visitor.post('/add/chair')));
	t.deepEqual(await visitor.json('/'), {lamp: 1, chair: 5});
	await visitor.post('/login');
	await visitor.post('/logout');
	t.deepEqual(await visitor.json('/'), {});
	await visitor.post('/add/desk');
	await visitor.post('/login');
	t.deepEqual(await visitor.json('/'), {lamp: 1, chair: 5, desk: 1});
	await visitor.post('/login');
	t.deepEqual(await visitor.json('/'), {lamp: 1, chair: 5, desk: 1}, 'once more');
	await visitor.post('/login?user=eve');
	t.deepEqual(await visitor.json('/'), {}, "another user's cart is not theirs");
	await visitor.post('/login');
	t.deepEqual(await visitor.json('/'), {lamp: 1, chair: 5, desk: 1});
});

test.serial('sudo-mode.ts: an account is deleted only if the password was given in the last five minutes', async t => {
	const login = "if (method === 'POST' && path === '/login') {";
	const visitor = await start(t, 'sudo-mode.ts', {[login]: `if (path === '/add') session.cart = 'lamp';\n${login}`});
	const clock = fakeClock(t);
	const post = async (path: string, fields: Readonly<Record<string, string>> = {}, by = visitor) =>
		(await by.post(path, fields)).status;
	const ada = {name: 'ada', password: 'correct horse'};
	const shopper = new Jar(visitor.origin);
	await shopper.get('/add');
	for (const _ of Array(2)) {
		t.is(await post('/login', ada, shopper), 200);
		t.is((await shopper.json('/')).cart, 'lamp', "a visitor's cart, and then the user's own");
	}
	t.is(await post('/login', {name: 'eve', password: 'battery staple'}, shopper), 200);
	t.deepEqual(await shopper.json('/'), {subject: 'eve', isConfirmed: true}, 'nothing of another user');

	const elsewhere = new Jar(visitor.origin);
	t.is(await post('/account/delete'), 403, 'nobody is logged in');
	t.is(await post('/confirm', {password: 'correct horse'}), 403);
	for (const each of [visitor, elsewhere]) t.is(await post('/login', ada, each), 200);

	await clock.advance(5 * 60_000 + 1);
	t.deepEqual(await visitor.json('/'), {subject: 'ada', isConfirmed: false});
	t.is(await post('/account/delete'), 403);
	t.is(await post('/confirm', {password: 'battery staple'}), 403, 'the password of another user');
	const before = visitor.fork();
	t.is(await post('/confirm', {password: 'correct horse'}), 200);
	t.deepEqual(await visitor.json('/'), {subject: 'ada', isConfirmed: true});
	t.deepEqual(await before.json('/'), {isConfirmed: false}, 'the old id opens nothing');
	t.false((await elsewhere.json('/')).isConfirmed, 'only here');

	await clock.advance(-1);
	t.is(await post('/account/delete'), 403, 'the clock was set back');
	await clock.advance(1);
	const eve = visitor.fork();
	t.is(await post('/account/delete'), 200);
	for (const each of [visitor, elsewhere]) t.deepEqual(await each.json('/'), {isConfirmed: false});
	t.is(await post('/login', ada), 403, 'the account is gone');

	t.is(await post('/login', {name: 'eve', password: 'battery staple'}, eve), 200);
	t.true((await eve.json('/')).isConfirmed);
	t.is(await post('/login-by-link', {link: 'guessed'}, eve), 403);
	t.is(await post('/login-by-link', {link: 'a long random text'}, eve), 200);
	t.deepEqual(await eve.json('/'), {subject: 'eve', isConfirmed: false}, 'a new id keeps only what is named');
	t.is(await post('/account/delete', {}, eve), 403);
});

test.serial('consent.ts: nothing is stored before a visitor agrees, and nothing after they have withdrawn', async t => {
	const directory = await temporaryDirectory(t);
	const visitor = await start(t, 'consent.ts', {"'file:./sessions'": `'file:${directory}'`});
	const stored = session({store: new FilesystemStore({directory}), keys: testKeys});
	for (const _ of Array(2)) t.is(await visitor.text('/'), 'Visit 1');
	t.is(visitor.cookie, '');
	t.is(await stored.count(), 0);

	t.is(await (await visitor.post('/consent')).text(), 'Visit 1');
	t.deepEqual([...visitor.cookies.keys()].toSorted(), ['consent', 'sid']);
	t.is(await visitor.text('/'), 'Visit 2');
	t.is(await stored.count(), 1);

	await visitor.post('/withdraw');
	t.is(visitor.cookie, '');
	t.is(await stored.count(), 0);
	t.is(await visitor.text('/'), 'Visit 1');
	t.is(visitor.cookie, '');
	t.is(await stored.count(), 0);
});

test.serial('tenants.ts: the token of one tenant opens nothing at another', async t => {
	const visitor = await start(t, 'tenants.ts');
	const get = async (path: string, host: string) => (await visitor.raw(path, {headers: {host}})).body;
	const [ada, bob] = ['ada.example', 'bob.example'] as const;
	t.is(await get('/login', ada), 'carol at ada.example');
	const before = visitor.fork();
	await get('/login', ada);
	t.is((await before.raw('/', {headers: {host: ada}})).body, 'nobody at ada.example', 'the old id opens nothing');
	t.is(await get('/', bob), 'nobody at bob.example');
	t.is(await get('/', 'eve.example'), 'Not Found');
	await get('/logout-everywhere', bob);
	t.is(await get('/', ada), 'carol at ada.example');
	await get('/logout-everywhere', ada);
	t.is(await get('/', ada), 'nobody at ada.example');
});

test.serial('graphql.ts: mutations log in and out, and a form of another site does nothing', async t => {
	const visitor = await start(t, 'graphql.ts');
	const ask = async (query: string) => {
		const response = await visitor.send('/', JSON.stringify({query}), {'content-type': 'application/json'});
		return (await response.json()).data;
	};
	t.deepEqual(await ask('{me}'), {me: null});
	t.deepEqual(await ask('mutation {logIn(name: "ada")}'), {logIn: 'ada'});
	t.deepEqual(await ask('{me}'), {me: 'ada'});
	const forged = await visitor.send('/', '{"query": "mutation {logOut}"}', {'content-type': 'text/plain'});
	t.is(forged.status, 400);
	t.deepEqual(await ask('mutation {logOut}'), {logOut: true});
	t.deepEqual(await ask('{me}'), {me: null});
});

test.serial('uploads.js: nobody else uploads, and files that come at once are all kept', async t => {
	const visitor = await start(t, 'uploads.js', {"'./uploads'": `'${await temporaryDirectory(t)}'`});
	const upload = (name: string, by = visitor) => {
		const form = new FormData();
		form.set('file', new Blob(['content']), name);
		return by.send('/files', form);
	};
	t.is((await upload('none.txt')).status, 401);
	await visitor.get('/login');
	const before = visitor.fork();
	await visitor.get('/login');
	t.is((await upload('none.txt', before)).status, 401, 'the old id opens nothing');
	await Promise.all(['one.txt', 'two.txt', 'three.txt'].map(name => upload(name)));
	t.deepEqual((await visitor.json('/')).toSorted(), ['one.txt', 'three.txt', 'two.txt']);
});

test.serial('every program of the recipes is driven', t => {
	t.deepEqual(
		all.filter(name => !driven.has(name)),
		[],
	);
});
