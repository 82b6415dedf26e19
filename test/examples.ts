import {randomUUID} from 'node:crypto';
import test, {type ExecutionContext} from 'ava';
import Koa from 'koa';
import koaSession from 'koa-session';
import {startProgram} from './helpers/docs/program.ts';
import {Client, listen} from './helpers/http/app.ts';
import {connect, redisUrl} from './helpers/stores/redis.ts';
import {temporaryDirectory} from './helpers/stores/stores.ts';

// The programs of `examples/`, whole and as they are, except for where they keep their sessions. `readme.ts` compiles them.

const inFiles = async (t: ExecutionContext, quote = "'") => ({
	[`${quote}file:./sessions${quote}`]: `'file:${await temporaryDirectory(t)}'`,
});

const onRedis = async () => ({
	"process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379'": `'${await redisUrl()}'`,
	// Others use this server too.
	'session(app, {': `session(app, {prefix: 'session:${randomUUID()}:', `,
});

const post = (client: Client, path: string, body: string | object = '', headers: Record<string, string> = {}) =>
	fetch(`http://127.0.0.1:${client.port}${path}`, {
		method: 'POST',
		headers: {cookie: client.cookie, ...headers},
		body: typeof body === 'string' ? new URLSearchParams(body) : JSON.stringify(body),
	});

test.serial('the minimal program counts visits, keeps a name and forgets', async t => {
	const visitor = new Client(await startProgram(t, 'examples/minimal.js', await inFiles(t)));
	t.regex((await visitor.get('/')).body, /Hello stranger, this is visit 1\./);
	t.is((await visitor.get('/name?name=<Ada>')).status, 302);
	t.regex((await visitor.get('/')).body, /Hello &#60;Ada&#62;, this is visit 2\./);
	await visitor.get('/forget');
	t.is(visitor.cookie, '');
	t.regex((await visitor.get('/')).body, /stranger, this is visit 1\./);
});

test.serial('the typed program keeps a map and a date, and shows its message once', async t => {
	const visitor = new Client(await startProgram(t, 'examples/typescript.ts', await inFiles(t)));
	const adds = Array.from({length: 5}, () => visitor.fork());
	t.is((await visitor.get('/add/lamp')).status, 302);
	for (const tab of adds) tab.cookies.set('sid', visitor.cookies.get('sid') ?? '');
	await Promise.all(adds.map(tab => tab.get('/add/lamp')));
	const page = async () => JSON.parse((await visitor.get('/')).body);
	const {added, ...rest} = await page();
	t.deepEqual(added, Array(6).fill('lamp'));
	t.deepEqual(rest, {basket: {lamp: 6}, since: new Date().getFullYear()});
	t.deepEqual((await page()).added, []);
});

test.serial('the program with Redis logs in under a new id, out, and out everywhere', async t => {
	const visitor = new Client(await startProgram(t, 'examples/redis-login.ts', await onRedis()));
	const logIn = async (client: Client, password: string) => {
		const {status, headers} = await post(client, '/login', `name=ada&password=${password}`);
		const [line = ''] = headers.getSetCookie();
		if (line) client.cookies.set('sid', line.slice(4, line.indexOf(';')));
		return status;
	};
	t.is(await logIn(visitor, 'wrong'), 403);
	t.is((await post(visitor, '/login', 'name=eve&password=correct+horse')).status, 403);
	t.is(visitor.cookie, '');

	t.is(await logIn(visitor, 'correct+horse'), 200);
	const [first, other] = [visitor.fork(), new Client(visitor.port)];
	t.is(await logIn(visitor, 'correct+horse'), 200);
	t.not(visitor.cookie, first.cookie, 'each login makes a new id');
	t.regex((await first.get('/')).body, /^POST name/, 'and ends the old one');

	await logIn(other, 'correct+horse');
	t.is((await other.get('/')).body, 'Hello ada');
	t.is(await (await post(other, '/logout')).text(), 'Bye');
	t.regex((await other.get('/')).body, /^POST name/);
	t.is((await visitor.get('/')).body, 'Hello ada');

	await logIn(other, 'correct+horse');
	t.is(await (await post(visitor, '/logout-everywhere')).text(), 'Ended: 2');
	t.regex((await other.get('/')).body, /^POST name/);
});

test.serial('the API gives tokens by a header, counts every call, and takes tokens back', async t => {
	const client = new Client(await startProgram(t, 'examples/api-tokens.ts', await inFiles(t)));
	const [wrong, none] = [await post(client, '/tokens', {secret: 'guessed'}), await client.get('/calls')];
	t.deepEqual([wrong.status, none.status, wrong.headers.get('x-session')], [401, 401, null]);

	const created = await post(client, '/tokens', {secret: 'its secret, of 32 characters or more'});
	t.is(created.status, 201);
	t.deepEqual(created.headers.getSetCookie(), []);
	const headers = {'x-session': created.headers.get('x-session') ?? ''};
	const calls = await Promise.all(Array.from({length: 20}, () => client.get('/calls', {headers})));
	t.deepEqual(
		calls.map(({body}) => JSON.parse(body).calls).toSorted((left, right) => left - right),
		Array.from({length: 20}, (_, index) => index + 1),
	);
	t.is((await client.get('/tokens', {method: 'DELETE', headers})).status, 204);
	t.is((await client.get('/calls', {headers})).status, 401);
});

test.serial('the program that used koa-session keeps its users', async t => {
	const redis = connect(t, await redisUrl());
	const before = new Koa({keys: ['the key that koa-session had, of 32 characters or more']});
	const store = {
		get: async (key: string) => JSON.parse((await redis.get(key)) ?? 'null'),
		set: async (key: string, data: object, maxAge?: number | 'session') =>
			void (await redis.set(key, JSON.stringify(data), 'PX', Number(maxAge))),
		destroy: async (key: string) => void (await redis.del(key)),
	};
	before.use(koaSession({store, maxAge: 86_400_000}, before));
	before.use(ctx => {
		Object.assign(ctx['session'] ?? {}, {user: 'ada'});
		ctx.body = 'logged in';
	});
	const former = new Client(await listen(t, before));
	await former.get('/login');
	t.true(former.cookies.has('koa.sess'));

	const port = await startProgram(t, 'examples/from-koa-session.ts', {
		...(await onRedis()),
		"new Date('2027-06-01')": 'new Date(Date.now() + 60_000)',
	});
	const user = former.fork(port);
	const stolen = former.fork(port);
	t.is((await user.get('/')).body, 'Hello ada');
	t.deepEqual([...user.cookies.keys()], ['sid']);
	t.is((await user.get('/')).body, 'Hello ada');
	const planted = user.fork();
	t.is((await user.get('/login')).body, 'Hello ada');
	t.is((await planted.get('/')).body, 'Hello stranger', 'a login makes a new id');
	t.is((await user.get('/logout')).body, 'Hello stranger');
	t.is((await stolen.get('/')).body, 'Hello stranger', 'the old cookie opens nothing any more');
});
