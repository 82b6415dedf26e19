import {randomBytes} from 'node:crypto';
import {type Route, startApp} from '../helpers/http/app.ts';
import {parseSetCookie} from '../helpers/http/set-cookie.ts';
import {makeToken} from '../helpers/http/tokens.ts';
import {onEachStore, onTwoStores} from '../helpers/stores/on-each-store.ts';

/** What a path does to a session that isn't stored. None of it is worth a record. */
const idle: Readonly<Record<string, Route>> = {
	'/nothing': () => undefined,
	'/read': ctx => ctx.session['user'],
	'/has': ctx => 'user' in ctx.session,
	'/keys': ctx => Object.keys(ctx.session),
	'/id': ctx => ctx.session.id,
	'/set-and-delete': ctx => {
		ctx.session['user'] = 'Ada';
		delete ctx.session['user'];
	},
	'/set-undefined': ctx => {
		ctx.session['user'] = undefined;
	},
	'/replace-by-nothing': ctx => {
		ctx.session['user'] = 'Ada';
		Object.assign(ctx, {session: {}});
	},
	'/null': ctx => Object.assign(ctx, {session: null}),
	'/destroy': ctx => ctx.session.destroy(),
	'/set-and-destroy': ctx => {
		ctx.session['user'] = 'Ada';
		return ctx.session.destroy();
	},
	'/save': ctx => ctx.session.save(),
	'/regenerate': ctx => ctx.session.regenerate(),
	'/update': ctx => ctx.session.update(() => undefined),
	'/update-nothing': ctx =>
		ctx.session.update(session => {
			session['user'] = undefined;
		}),
	'/permanent': ctx => {
		ctx.session.permanent = false;
	},
};

/** Does what the path says, or writes. */
const route: Route = async ctx => {
	const act = idle[ctx.path];
	if (act) await act(ctx);
	else if (ctx.path === '/show') ctx.body = JSON.stringify({id: ctx.session.id, data: ctx.session});
	else ctx.session['user'] = 'Ada';
	ctx.body ??= 'done';
};

// Rule 1.
onEachStore('nothing is stored and no cookie sent until data is written', async (t, store) => {
	const {client} = await startApp(t, {store}, route);
	for (const path of Object.keys(idle)) {
		const {status, setCookie} = await client().get(path);
		t.is(status, 200, path);
		t.deepEqual(setCookie, [], path);
	}

	t.deepEqual(store.calls, []);
});

onEachStore('OPTIONS never creates a session', async (t, store) => {
	const {client} = await startApp(t, {store}, route);
	t.deepEqual((await client().get('/write', {method: 'OPTIONS'})).setCookie, []);
	t.deepEqual(store.calls, []);

	const visitor = client();
	await visitor.get('/write');
	t.is((await visitor.get('/show', {method: 'OPTIONS'})).status, 200, 'but it may use one');
});

onEachStore('the first write stores a record and sends its token', async (t, store) => {
	const {client} = await startApp(t, {store}, route);
	const visitor = client();
	const {setCookie} = await visitor.get('/write');
	t.is(setCookie.length, 1);

	const {value} = parseSetCookie(setCookie[0]);
	const id = value.slice(0, 43);
	t.is(Buffer.from(id, 'base64url').length, 32);
	t.is(value, makeToken({id}), 'the signature is HMAC-SHA-256 over id, cookie name and property');
	t.deepEqual(JSON.parse((await visitor.get('/show')).body), {id, data: {user: 'Ada'}});
});

onEachStore('the store sees a hash of the id, never the id', async (t, store) => {
	const keys: string[] = [];
	store.around = (_operation, call, key) => {
		keys.push(key);
		return call();
	};

	const {client} = await startApp(t, {store}, route);
	const visitor = client();
	await visitor.get('/write');
	const id = (visitor.cookies.get('sid') ?? '').slice(0, 43);
	t.is(keys.length, 1);
	t.regex(keys[0] ?? '', /^session:[\w-]{43}$/);
	t.false(keys.join().includes(id));
});

onEachStore('a session that was emptied stays', async (t, store) => {
	const {client} = await startApp(t, {store}, route);
	const visitor = client();
	await visitor.get('/write');
	t.deepEqual((await visitor.get('/set-and-delete')).setCookie, []);

	const {id, data} = JSON.parse((await visitor.get('/show')).body);
	t.true(visitor.cookie.includes(id));
	t.deepEqual(data, {});
});

// Rule 2.
onEachStore('an unknown id is never adopted, though its signature is valid', async (t, store) => {
	const {client} = await startApp(t, {store}, route);
	for (const path of ['/write', '/show', '/id', '/save']) {
		const id = randomBytes(32).toString('base64url');
		const visitor = client();
		visitor.cookies.set('sid', makeToken({id}));
		const {body, setCookie} = await visitor.get(path);
		t.false(body.includes(id), path);
		t.false(setCookie.join().includes(id), path);
	}
});

onEachStore('a token that does not verify costs no store call', async (t, store) => {
	const {client} = await startApp(t, {store}, route);
	const visitor = client();
	await visitor.get('/write');
	const token = visitor.cookies.get('sid') ?? '';
	const [id = '', signature = ''] = token.split('.');
	store.calls.length = 0;

	const bad = [
		'',
		'.',
		id,
		`${id}.`,
		`.${signature}`,
		`${id}.${signature}=`,
		`${id}.${signature}${signature}`,
		`${id}.${signature.slice(0, -1)}`,
		`${id}.${signature.toLowerCase()}`,
		`${id} .${signature}`,
		`${token}.${signature}`,
		makeToken({id, key: 'a key that the application has never had'}),
		makeToken({id, name: 'other'}),
		makeToken({id, property: 'other'}),
	];
	for (const value of bad) {
		visitor.cookies.set('sid', value);
		const {status, body, setCookie} = await visitor.get('/show');
		t.is(status, 200);
		t.deepEqual(JSON.parse(body).data, {}, value);
		t.deepEqual(setCookie, [], 'a cookie that is not ours is left alone');
	}

	t.deepEqual(store.calls, []);
});

// Rule 3.
onEachStore('of several cookies, the first that is stored is taken, in their order', async (t, store) => {
	const {client} = await startApp(t, {store}, route);
	const [first, second] = [client(), client()];
	await first.get('/write');
	await second.get('/write');
	const [one, two] = [first.cookies.get('sid') ?? '', second.cookies.get('sid') ?? ''];
	const unknown = makeToken({id: randomBytes(32).toString('base64url')});

	for (const [tokens, expected, reads] of [
		[[one, two], one, 1],
		[[two, one], two, 1],
		[['rubbish', one], one, 1],
		[[`"${two}"`, one], two, 1],
		[[unknown, two], two, 2],
		[[unknown, unknown, 'rubbish', one], one, 2],
	] as const) {
		store.calls.length = 0;
		const cookie = ['a=b', ...tokens.map(token => `sid=${token}`), 'xsid=c'].join('; ');
		const {body, setCookie} = await client().get('/show', {headers: {cookie}});
		t.is(JSON.parse(body).id, expected.slice(0, 43));
		t.deepEqual(setCookie, []);
		t.is(store.calls.length, reads);
	}
});

onEachStore('of a flood of tokens that verify, eight are looked up', async (t, store) => {
	const {client} = await startApp(t, {store}, route);
	const visitor = client();
	await visitor.get('/write');
	const unknown = () => makeToken({id: randomBytes(32).toString('base64url')});
	for (const [before, isFound] of [
		[7, true],
		[8, false],
		[165, false],
	] as const) {
		store.calls.length = 0;
		const tokens = [...Array.from({length: before}, unknown), visitor.cookies.get('sid')];
		const cookie = tokens.map(token => `sid=${token}`).join('; ');
		const {body} = await client().get('/show', {headers: {cookie}});
		t.is('user' in JSON.parse(body).data, isFound);
		t.is(store.calls.length, 8);
	}
});

// Rule 8.
onEachStore(
	'the cookie of a session that is gone is left alone: the client may hold another one by now',
	async (t, store) => {
		const cookie = {name: 'login', domain: 'example.org', path: '/shop'};
		const {client} = await startApp(t, {store, cookie}, route);
		const gone = makeToken({id: randomBytes(32).toString('base64url'), name: 'login'});
		for (const path of ['/nothing', '/read', '/destroy', '/null']) {
			const {setCookie, headers} = await client().get(path, {headers: {cookie: `login=${gone}`}});
			t.deepEqual(setCookie, [], path);
			t.is(headers['cache-control'], undefined);
		}

		const visitor = client();
		visitor.cookies.set('login', gone);
		const {setCookie} = await visitor.get('/write');
		t.is(setCookie.length, 1, 'a new session brings its token');
		t.regex(setCookie[0] ?? '', /^login=[\w-]{43}\./);
		t.deepEqual((await visitor.get('/null')).setCookie, [
			'login=; Max-Age=0; Domain=example.org; Path=/shop; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; SameSite=Lax',
		]);
	},
);

onEachStore('ending a session expires its cookie', async (t, store) => {
	const {client} = await startApp(t, {store}, route);
	for (const path of ['/null', '/destroy']) {
		const visitor = client();
		await visitor.get('/write');
		const old = visitor.cookie;
		const {setCookie} = await visitor.get(path);
		t.like(parseSetCookie(setCookie[0]), {name: 'sid', value: '', attributes: {'Max-Age': '0'}});
		t.is(visitor.cookies.size, 0);
		t.deepEqual(JSON.parse((await client().get('/show', {headers: {cookie: old}})).body).data, {});
	}
});

onTwoStores(
	'an attacker whose own session is planted in a browser before its user logs in sees nothing of the login',
	async (t, store) => {
		const {client} = await startApp(t, {store}, async ctx => {
			if (ctx.path === '/login') {
				await ctx.session.regenerate();
				ctx.session['user'] = 'Ada';
			}

			if (ctx.path === '/cart') ctx.session['cart'] = ['lamp'];
			ctx.body = JSON.stringify(ctx.session);
		});
		const attacker = client();
		await attacker.get('/cart');
		const victim = attacker.fork();
		t.is((await victim.get('/')).body, '{"cart":["lamp"]}', 'the planted session is used');
		await victim.get('/login');
		t.is((await victim.get('/')).body, '{"cart":["lamp"],"user":"Ada"}');
		t.not(victim.cookie, attacker.cookie);
		t.is((await attacker.get('/')).body, '{}');

		const {setCookie} = await attacker.get('/cart');
		t.deepEqual(setCookie, [], 'nor can the old id be used again');
	},
);
