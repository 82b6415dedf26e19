import {join} from 'node:path';
import {setImmediate} from 'node:timers/promises';
import {pathToFileURL} from 'node:url';
import test, {type ExecutionContext} from 'ava';
import Koa from 'koa';
import {observe} from '../../source/index.ts';
import {exampleOf, replaced, writeExamples} from '../helpers/docs/page.ts';
import {expectNoWarning} from '../helpers/docs/warnings.ts';
import {Client, listen} from '../helpers/http/app.ts';
import {fakeClock} from '../helpers/stores/conforms.ts';
import {temporaryDirectory} from '../helpers/stores/stores.ts';
import {installFromNpm} from '../services/install.ts';
import {npmPackages} from '../services/needs.ts';

// What the page of recipes shows, run. Events are the whole process's, so one recipe runs at a time.

const polling = exampleOf('recipes.md', 'extend:');
const waiting = exampleOf('recipes.md', 'setTimeout(');
const proxying = exampleOf('recipes.md', 'koa-proxies');
const alone = exampleOf('recipes.md', "revoke('ada', {except");
const three = exampleOf('devices.md', '{keep: 3');
const merging = exampleOf('recipes.md', 'oldCarts');
const asking = exampleOf('recipes.md', 'confirmedAt');

/** Serves an application that has a recipe, and counts its store calls. */
const serve = async (t: ExecutionContext, code: string, files: Readonly<Record<string, string>> = {}) => {
	expectNoWarning(t);
	const at = await writeExamples(t, {'recipe.ts': code, ...files});
	const {app}: {app: Koa} = await import(pathToFileURL(at('recipe.ts')).href);
	app.silent = true;
	const calls: string[] = [];
	t.teardown(observe('store-call', ({operation}) => calls.push(operation)));
	return {visitor: new Client(await listen(t, app)), calls};
};

test.serial('polling neither extends the session nor sets a cookie', async t => {
	const store = `file:${await temporaryDirectory(t)}`;
	const code = replaced(polling, {"'file:./sessions'": `'${store}', touchAfter: 0`});
	const {visitor, calls} = await serve(
		t,
		`${code}
app.use(ctx => {
	if (ctx.path === '/mail') ctx.session.unread = (ctx.session.unread ?? 0) + 1;
	ctx.body = String(ctx.session.unread);
});
export {app};`,
	);
	t.is((await visitor.get('/unread')).body, '{"unread":0}');
	t.deepEqual(calls, [], 'a visitor without a session costs nothing');

	await visitor.get('/mail');
	t.is((await visitor.get('/')).setCookie.length, 1, 'any other request extends');
	calls.length = 0;
	const {body, headers, setCookie} = await visitor.get('/unread');
	t.is(body, '{"unread":1}');
	t.is(headers.vary, 'Cookie');
	t.deepEqual(setCookie, []);
	t.deepEqual(calls, ['read']);
});

test.serial('two sessions become one: at a login, and with one of another library', async t => {
	const {visitor: laptop} = await serve(
		t,
		`${replaced(merging, {
			"'redis://127.0.0.1:6379'": `'file:${await temporaryDirectory(t)}'`,
			"const user = 'ada';": "const user = String(ctx.query.user ?? 'ada');",
			'declare const oldCarts: Map<string, Cart>;':
				"const oldCarts = new Map([['old', {desk: 1}], ['older', {bed: 1}]]);",
		})}
app.use(ctx => {
	const [, , product] = ctx.path.split('/');
	if (product) ctx.session.cart = {...ctx.session.cart, [product]: 1};
	ctx.body = [ctx.session.subject ?? 'nobody', ...Object.keys(ctx.session.cart ?? {}).sort()].join(' ');
});`,
	);
	const [phone, old] = [new Client(laptop.port), new Client(laptop.port)];
	await laptop.get('/add/lamp');
	t.is((await laptop.get('/login')).body, 'ada lamp');
	await phone.get('/add/chair');
	t.is((await phone.get('/login')).body, 'ada chair lamp');
	t.is((await laptop.get('/')).body, 'nobody');

	phone.cookies.set('token', 'old');
	t.is((await phone.get('/')).body, 'ada chair desk lamp', 'ours and the old one');
	old.cookies.set('token', 'older');
	t.is((await old.get('/')).body, 'nobody bed', 'the old one alone');
	t.is((await phone.get('/')).body, 'ada chair desk lamp');
	t.is((await phone.get('/login')).body, 'ada chair desk lamp', 'once more');
	t.is((await phone.get('/login?user=eve')).body, 'eve', 'nothing of another user');
});

test.serial('with one session for each user, a login ends those on other devices', async t => {
	const {visitor} = await serve(
		t,
		`
import Koa from 'koa';
export const app = new Koa();
app.keys = ['a secret of 32 characters or more'];
${replaced(alone, {
	"'redis://127.0.0.1:6379'": `'file:${await temporaryDirectory(t)}'`,
	"if (ctx.path !== '/login') return;":
		'if (ctx.path !== "/login") return void (ctx.body = String(ctx.session.subject));',
})}`,
	);
	const other = visitor.fork();
	await visitor.get('/login');
	t.is((await visitor.get('/')).body, 'ada');
	await other.get('/login');
	t.is((await other.get('/')).body, 'ada');
	t.is((await visitor.get('/')).body, 'undefined');
});

test.serial('with three sessions for each user, a login ends the one that was used longest ago', async t => {
	const clock = fakeClock(t);
	const {visitor} = await serve(
		t,
		replaced(three, {
			'const app': 'export const app',
			"'redis://127.0.0.1:6379'": `'file:${await temporaryDirectory(t)}', touchAfter: 0`,
			"if (ctx.path !== '/login') return;":
				'if (ctx.path !== "/login") return void (ctx.body = String(ctx.session.subject));',
		}),
	);
	const devices = Array.from({length: 5}, () => visitor.fork());
	const loggedIn = () => Promise.all(devices.map(async device => (await device.fork().get('/')).body === 'ada'));
	for (const device of devices.slice(0, 3)) {
		await clock.advance(1000);
		await device.get('/login');
	}

	await clock.advance(1000);
	await devices[0]?.get('/');
	await clock.advance(1000);
	await devices[3]?.get('/login');
	t.deepEqual(await loggedIn(), [true, false, true, true, false]);
	await devices[4]?.get('/login');
	t.is((await loggedIn()).filter(Boolean).length, 3);
});

test.serial('a password is changed only right after a login, and the change ends all other sessions', async t => {
	const clock = fakeClock(t);
	const {visitor} = await serve(
		t,
		`${replaced(asking, {"'redis://127.0.0.1:6379'": `'file:${await temporaryDirectory(t)}'`})}
app.use(ctx => {
	if (ctx.path === '/cart') Object.assign(ctx.session, {cart: 'lamp', seen: true});
	const {cart, seen} = ctx.session;
	ctx.body = JSON.stringify({subject: ctx.session.subject, cart, seen});
});`,
		{
			'accounts.ts': `
const passwords = new Map([['ada', 'first'], ['eve', 'hers']]);
export const readForm = async ctx => ctx.query;
export const isPassword = async (user, password) => passwords.get(user) === password;
export const changePassword = async (user, password) => void passwords.set(user, password);`,
		},
	);
	const post = async (client: Client, path: string) => (await client.get(path, {method: 'POST'})).status;
	const home = async (client: Client) => JSON.parse((await client.get('/')).body);
	const [elsewhere, eve] = [visitor.fork(), visitor.fork()];
	await visitor.get('/cart');
	t.is(await post(visitor, '/login?user=ada&password=wrong'), 403);
	t.is(await post(visitor, '/password?password=second'), 403, 'nobody is logged in');
	for (const client of [visitor, elsewhere]) t.is(await post(client, '/login?user=ada&password=first'), 200);
	t.is(await post(eve, '/login?user=eve&password=hers'), 200);
	t.deepEqual(await home(visitor), {subject: 'ada', cart: 'lamp'}, 'a login keeps the cart and nothing else');

	await clock.advance(5 * 60_000 + 1);
	t.is(await post(visitor, '/password?password=second'), 403);
	const before = visitor.fork();
	t.is(await post(visitor, '/login?user=ada&password=first'), 200, 'the old password is still right');
	t.deepEqual(await home(before), {}, 'a repeated login has a new id too');

	const old = visitor.fork();
	t.is(await post(visitor, '/password?password=second'), 200);
	t.deepEqual(await home(visitor), {subject: 'ada', cart: 'lamp'});
	for (const client of [old, elsewhere]) t.deepEqual(await home(client), {});
	t.is((await home(eve)).subject, 'eve');
	t.is(await post(elsewhere, '/login?user=ada&password=first'), 403);
	t.is(await post(elsewhere, '/login?user=ada&password=second'), 200);

	await elsewhere.get('/cart');
	t.is(await post(elsewhere, '/login?user=eve&password=hers'), 200);
	t.deepEqual(await home(elsewhere), {subject: 'eve'}, 'another user takes over nothing');
});

const startWaiting = async (t: ExecutionContext) => {
	const store = `file:${await temporaryDirectory(t)}`;
	return serve(
		t,
		`
import Koa from 'koa';
import session from 'koa-server-session';
export const app = new Koa();
app.keys = ['a secret of 32 characters or more'];
app.use(session(app, {store: '${store}'}));
app.use(async (ctx, next) => {
	if (ctx.path === '/order') ctx.session.order = 1;
	else if (ctx.path === '/pay') ctx.session.isPaid = true;
	else if (ctx.path === '/logout') await ctx.session.destroy();
	else return next();
	ctx.body = 'done';
});
${replaced(waiting, {'setTimeout(500)': 'setTimeout(20)', 'tries < 20': 'tries < 1000'})}`,
	);
};

/** Until the request that waits has looked again, and goes on waiting. */
const lookedAgain = async (calls: readonly string[]) => {
	while (calls.length < 3) await setImmediate();
};

test.serial('a route sees what another request changes while it waits', async t => {
	const {visitor, calls} = await startWaiting(t);
	await visitor.get('/order');
	calls.length = 0;
	const waits = visitor.fork().get('/wait');
	await lookedAgain(calls);
	t.deepEqual(new Set(calls), new Set(['read']), 'waiting writes nothing');
	await visitor.fork().get('/pay');
	t.is((await waits).body, '{"isPaid":true}');
});

test.serial('a route that waits learns that its session has ended', async t => {
	const {visitor, calls} = await startWaiting(t);
	await visitor.get('/order');
	calls.length = 0;
	const waits = visitor.fork().get('/wait');
	await lookedAgain(calls);
	await visitor.fork().get('/logout');
	t.is((await waits).status, 409);
});

const findProxies = async (): Promise<string> => {
	const folder = await installFromNpm(npmPackages['koa-proxies']);
	if (!folder) throw new Error('Expected npm to install koa-proxies');
	return folder;
};

const proxies = {
	'koa-proxies': (code: string, folder: string) => replaced(code, {"'koa-proxies'": `'${join(folder, 'index.js')}'`}),
	'http-proxy': (code: string, folder: string) =>
		replaced(code, {
			"'koa-proxies'": `'${join(folder, '../http-proxy/index.js')}'`,
			"proxy('/api', {target: 'http://127.0.0.1:8080'})":
				"ctx => {\n\tctx.respond = false;\n\tproxy.createProxyServer({target: 'http://127.0.0.1:8080'}).web(ctx.req, ctx.res);\n}",
		}),
};

for (const [name, use] of Object.entries(proxies)) {
	test.serial(`${name} keeps the cookies of both servers, and the other server does not get the session's`, async t => {
		const other = new Koa().use(ctx => {
			ctx.set({Vary: 'Accept-Encoding', 'Set-Cookie': 'theirs=1'});
			ctx.body = `cookie: ${ctx.get('Cookie')}`;
		});
		const target = `http://127.0.0.1:${await listen(t, other)}`;
		const {visitor, calls} = await serve(
			t,
			`
import Koa from 'koa';
import session from 'koa-server-session';
export const app = new Koa();
app.keys = ['a secret of 32 characters or more'];
app.use(session(app, {store: 'file:${await temporaryDirectory(t)}', touchAfter: 0}));
app.use((ctx, next) => {
	if (ctx.path !== '/calls') return next();
	ctx.body = String(ctx.session.calls);
});
${use(proxying, await findProxies()).replace('http://127.0.0.1:8080', target)}`,
		);
		for (const count of [1, 2]) {
			const {body, headers, setCookie} = await visitor.get('/api/news');
			t.is(body, 'cookie: ');
			t.is(headers.vary, 'Accept-Encoding, Cookie');
			t.deepEqual(setCookie.map(line => line.split('=')[0]).toSorted(), ['sid', 'theirs']);
			t.is((await visitor.fork().get('/calls')).body, String(count));
		}

		t.true(calls.includes('create') && calls.includes('update'));
	});
}
