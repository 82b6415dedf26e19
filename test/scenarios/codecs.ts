import assert from 'node:assert/strict';
import {createHash} from 'node:crypto';
import test, {type ExecutionContext} from 'ava';
import {z} from 'zod';
import type {Algorithm} from '../../source/codecs/compress/algorithms.ts';
import {compress} from '../../source/codecs/compress.ts';
import {encrypt} from '../../source/codecs/encrypt.ts';
import {schema} from '../../source/codecs/schema.ts';
import {codec, json, pair, type SessionOptions} from '../../source/index.ts';
import type {Store} from '../../source/store.ts';
import {MemoryStore} from '../../source/stores/memory.ts';
import {recordEvents} from '../helpers/events/record-events.ts';
import {Client, type Route, startApp} from '../helpers/http/app.ts';
import {Barrier} from '../helpers/order/barrier.ts';
import {onEachStore} from '../helpers/stores/on-each-store.ts';
import {noVersion} from '../helpers/stores/records.ts';
import {watch} from '../helpers/stores/watched-store.ts';

const [older, newer] = ['an encryption key of 32 characters', 'a newer encryption key of the same'];

const route: Route = async ctx => {
	const {path, session} = ctx;
	if (path === '/login') {
		await session.regenerate();
		Object.assign(session, {user: 'Ada', note: 'pear '.repeat(500)});
	}
	if (path === '/count') session['views'] = Number(session['views'] ?? 0) + 1;
	ctx.body = `${session['user'] ?? 'nobody'} ${session['views'] ?? 0}`;
};

/** The same server, started again with another codec: clients, cookies and store stay. */
const restart = async (t: ExecutionContext, store: Store, codec: SessionOptions['codec']) => {
	const {port, sessions} = await startApp(t, {store, codec}, route);
	return {
		sessions,
		client: () => new Client(port),
		follow(visitor: Client) {
			const moved = new Client(port);
			for (const [name, value] of visitor.cookies) moved.cookies.set(name, value);
			return moved;
		},
	};
};

const login = async (visitor: Client): Promise<Client> => {
	await visitor.get('/login');
	await visitor.get('/count');
	return visitor;
};

const keyOf = (visitor: Client): string => {
	const id = (visitor.cookies.get('sid') ?? '').slice(0, 43);
	return `session:${createHash('sha256').update(id).digest('base64url')}`;
};

const storedBytes = async (store: Store, visitor: Client): Promise<Buffer> =>
	Buffer.from((await store.read(keyOf(visitor)))?.bytes ?? []);

onEachStore('a codec is changed, and changed back, and nobody is logged out', async (t, store) => {
	const sealed = () => codec(json(), compress(), encrypt([older]));
	let server = await restart(t, store, json());
	let visitor = await login(server.client());
	let idler = await login(server.client());
	t.regex(String(await storedBytes(store, visitor)), /Ada/);

	for (const [codecs, position] of [
		[[json(), sealed()], 2],
		[[json(), sealed(), json()], 1],
		[[json(), sealed(), json(), codec(json(), encrypt([newer, older]))], 4],
		[[json(), sealed(), json(), codec(json(), encrypt([newer, older])), sealed()], 2],
	] as const) {
		server = await restart(t, store, codecs);
		[visitor, idler] = [server.follow(visitor), server.follow(idler)];

		store.calls.length = 0;
		t.is((await visitor.get('/read')).body, 'Ada 1');
		t.deepEqual(store.calls, ['read', 'update'], 'written by the newest');
		const bytes = await storedBytes(store, visitor);
		t.is(bytes[0], position);
		t.is(bytes.includes('Ada'), position === 1);

		store.calls.length = 0;
		t.is((await visitor.get('/read')).body, 'Ada 1');
		t.deepEqual(store.calls, ['read'], 'once');
	}

	t.is((await idler.get('/count')).body, 'Ada 2', 'even someone who did not come all the time');
	t.is((await visitor.get('/count')).body, 'Ada 2');
});

onEachStore(
	'a codec is changed on one machine after the other, there and back, and at no moment is anybody logged out',
	async (t, store) => {
		// Each machine makes its own, as each reads the same line of a configuration.
		const plain = () => json();
		const sealed = () => codec(json(), encrypt([older]));
		const lists = [
			() => plain(),
			() => [plain(), sealed(), plain()],
			() => [plain(), sealed()],
			() => [plain(), sealed(), plain()],
			() => plain(),
		];
		const {client} = await restart(t, store, plain());
		let visitor = await login(client());
		let views = 1;
		for (const [index, before] of lists.slice(0, -1).entries()) {
			const machines = [await restart(t, store, before()), await restart(t, store, lists[index + 1]?.())];
			// By turns, as a load balancer sends them.
			for (const {follow} of [...machines, ...machines]) {
				visitor = follow(visitor);
				const {body, setCookie} = await visitor.get('/count');
				t.is(body, `Ada ${++views}`);
				t.deepEqual(setCookie, []);
			}
			t.is(
				(await storedBytes(store, visitor))[0],
				[1, 2, 1, 1][index],
				'written by the machine that was deployed last',
			);
		}
	},
);

/** A record that somebody wrote by hand, of so many levels. */
const deepRecord = (levels: number): Buffer => {
	const [start, end] = [`{"createdAt":${Date.now()},"permanent":true,"data":{"user":"Ada","deep":`, '}}'];
	return Buffer.from(`\x01${start}${'['.repeat(levels - 2)}${']'.repeat(levels - 2)}${end}`);
};

test('a record that somebody wrote by hand can be read and written, or neither, at any depth', async t => {
	const store = watch(new MemoryStore());
	let both = new Barrier(2);
	const {port} = await startApp(t, {store}, async ctx => {
		if (ctx.path === '/update') await ctx.session.update(session => Object.assign(session, {updated: true}));
		if (ctx.path.startsWith('/meet/')) {
			ctx.session[ctx.path.slice(6)] = new Date(0);
			await both.wait();
		}
		await route(ctx);
	});
	const visitor = await login(new Client(port));
	for (const levels of [126, 127, 128, 129, 130, 10_000]) {
		const record = await store.read(keyOf(visitor));
		assert.ok(record);
		const bytes = deepRecord(levels);
		await store.update(keyOf(visitor), {...record, bytes}, record.version);

		both = new Barrier(2);
		const answers = [await visitor.get('/read')];
		if (levels <= 128) {
			answers.push(await visitor.get('/count'), await visitor.get('/update'));
			answers.push(...(await Promise.all([visitor.get('/meet/one'), visitor.get('/meet/other')])));
			answers.push(await visitor.get('/read'));
		}
		t.deepEqual(
			answers.map(({status, body}) => `${status} ${body}`),
			levels <= 128 ? ['200 Ada 0', ...Array(5).fill('200 Ada 1')] : ['200 nobody 0'],
			`${levels} levels`,
		);
		if (levels > 128) t.deepEqual(await storedBytes(store, visitor), bytes, 'what is not read stays');
	}
});

/** The text of a session, by the texts of its parts. */
const textOf = (parts: Readonly<Record<string, string>>): string => {
	const all = Object.entries({createdAt: '1767225600000', permanent: 'true', data: '{}', ...parts});
	return `{${all.map(([name, text]) => `"${name}":${text}`).join()}}`;
};

const strangeData = [
	...['[1,2]', '[]', '"x"', '1', 'null', '{"$map":[]}', '{"$set":[1]}', '{"$date":1}', '{"$bytes":"AQI="}'],
	'{"id":1,"save":2,"flash":{},"__proto__":{"a":1},"constructor":1,"toJSON":1,"then":1}',
];
const strangeFlashes = [
	...['[]', '{"a":[]}', '{"a":[1]}', '{"a":[{},{}]}', '{"a":["info",null],"__proto__":["info",1]}', '"x"', 'null'],
	...['{"$map":[["a",["info","x"]]]}', '[["info","x"]]', '{"a":{"$set":[1]}}'],
];
const strangeSessions = [
	...strangeData.map(data => textOf({data})),
	...strangeFlashes.map(flashes => textOf({flashes})),
	...['0', '-1', '1.5', '1e999', '9e15', '-0', '"x"', 'null'].map(createdAt => textOf({createdAt})),
	...['0', '"x"', 'null'].map(permanent => textOf({permanent})),
];

test('a record of a form that nothing writes can be read and written, or neither', async t => {
	const store = watch(new MemoryStore());
	const {port} = await startApp(t, {store, absoluteTimeout: Number.POSITIVE_INFINITY}, async ctx => {
		if (ctx.path === '/flash') ctx.session.flash('info', 'Saved');
		if (ctx.path === '/flashes') ctx.session.flashes('info');
		await route(ctx);
	});
	for (const text of strangeSessions.flatMap(text => [text, `$${text}`])) {
		for (const path of ['/count', '/flash', '/flashes']) {
			const visitor = new Client(port);
			await visitor.get('/count');
			const record = await store.read(keyOf(visitor));
			assert.ok(record);
			await store.update(keyOf(visitor), {...record, bytes: Buffer.from(`\x01${text}`)}, record.version);
			for (const each of ['/read', path, '/count', '/read'])
				t.is((await visitor.get(each)).status, 200, `${text} ${each}`);
		}
	}
});

onEachStore('what compresses sessions can change at any time', async (t, store) => {
	let server = await restart(t, store, codec(json(), compress()));
	let visitor = await login(server.client());
	const steps: readonly [Algorithm, threshold: number, mark: number][] = [
		['brotli', 1024, 2],
		['zstd', 0, 3],
		['deflate-raw', 100_000, 0],
		['deflate-raw', 1024, 1],
	];
	let views = 1;
	for (const [algorithm, threshold, mark] of steps) {
		server = await restart(t, store, codec(json(), compress({algorithm, threshold})));
		visitor = server.follow(visitor);
		store.calls.length = 0;
		t.is((await visitor.get('/read')).body, `Ada ${views}`);
		t.deepEqual(store.calls, ['read'], 'an unchanged session stays as it is');
		t.is((await visitor.get('/count')).body, `Ada ${++views}`);
		t.is((await storedBytes(store, visitor))[1], mark);
	}
});

/** A server whose keys can be exchanged, and somebody who is logged in. */
const startEncrypted = async (t: ExecutionContext, store: Store) => {
	let keys = [older];
	const encrypted = encrypt(() => keys);
	const {client} = await restart(t, store, codec(json(), encrypted));
	return {
		client,
		visitor: await login(client()),
		use(others: string[]) {
			keys = others;
		},
	};
};

onEachStore(
	'encryption keys rotate on a live server, and an old one can go once it sealed nothing more',
	async (t, store) => {
		const {visitor, use} = await startEncrypted(t, store);

		use([newer, older]);
		store.calls.length = 0;
		t.is((await visitor.get('/read')).body, 'Ada 1');
		t.deepEqual(store.calls, ['read', 'update'], 'sealed again');
		t.is((await visitor.get('/read')).body, 'Ada 1');
		t.deepEqual(store.calls, ['read', 'update', 'read'], 'once');

		use([newer]);
		t.is((await visitor.get('/count')).body, 'Ada 2');
	},
);

onEachStore(
	'a key that is gone too early costs nobody the session: it is back with the key',
	async (t, store) => {
		const events = recordEvents(t);
		const {visitor, use} = await startEncrypted(t, store);
		const before = await storedBytes(store, visitor);

		use([newer]);
		events.length = 0;
		const {status, body, setCookie} = await visitor.get('/read');
		t.deepEqual([status, body, setCookie], [200, 'nobody 0', []]);
		t.deepEqual(events, [
			{name: 'undecodable', payload: {session: keyOf(visitor).slice(8, 16), error: 'ERR_SESSION_UNDECODABLE'}},
		]);
		t.deepEqual(await storedBytes(store, visitor), before);

		use([newer, older]);
		t.is((await visitor.get('/count')).body, 'Ada 2');
	},
	test.serial,
);

onEachStore(
	'keys that are missing log nobody out: what is read counts as none, and what is written fails',
	async (t, store) => {
		const events = recordEvents(t);
		const {client, visitor, use} = await startEncrypted(t, store);

		use([]);
		events.length = 0;
		const {status, setCookie} = await visitor.get('/read');
		t.deepEqual([status, setCookie], [200, []]);
		t.like(events, [{name: 'undecodable', payload: {error: 'ERR_SESSION_NO_KEYS'}}]);
		t.is((await client().get('/login')).status, 500);

		use([older]);
		t.is((await visitor.get('/count')).body, 'Ada 2');
	},
	test.serial,
);

onEachStore(
	"what is stored for one session is refused under another's key",
	async (t, store) => {
		const events = recordEvents(t);
		const {client} = await restart(t, store, codec(json(), compress(), encrypt([older])));
		const [visitor, thief] = [await login(client()), client()];
		await thief.get('/count');

		const record = await store.read(keyOf(thief));
		const bytes = await storedBytes(store, visitor);
		await store.update(keyOf(thief), {bytes, expiresAt: Date.now() + 60_000}, record?.version ?? noVersion);
		events.length = 0;
		t.is((await thief.get('/read')).body, 'nobody 0');
		t.like(events, [{name: 'undecodable', payload: {error: 'ERR_SESSION_UNDECODABLE'}}]);
		t.is((await visitor.get('/read')).body, 'Ada 1');
	},
	test.serial,
);

const versionOne = z.object({user: z.string(), note: z.string().optional(), views: z.number().optional()});
const versionTwo = versionOne.extend({theme: z.string().default('light')});

onEachStore('a newer schema upgrades a session once, and an older process keeps its fields', async (t, store) => {
	const before = await restart(t, store, schema(json(), versionOne));
	const visitor = await login(before.client());

	const after = await restart(t, store, schema(json(), versionTwo));
	store.calls.length = 0;
	const upgraded = after.follow(visitor);
	await upgraded.get('/read');
	await upgraded.get('/read');
	t.deepEqual(store.calls, ['read', 'update', 'read']);

	const back = before.follow(upgraded);
	t.is((await back.get('/count')).body, 'Ada 2');
	t.is(JSON.parse((await storedBytes(store, back)).toString('utf8', 1)).data.theme, 'light');
	await back.get('/login');
	t.is(JSON.parse((await storedBytes(store, back)).toString('utf8', 1)).data.theme, 'light', 'under a new id too');
});

onEachStore(
	'a session that fits no more counts as none and stays; one that would not fit is not stored',
	async (t, store) => {
		const events = recordEvents(t);
		const before = await restart(t, store, json());
		const [visitor, anonymous] = [await login(before.client()), before.client()];
		await anonymous.get('/count');

		const after = await restart(t, store, schema(json(), versionOne));
		events.length = 0;
		const {status, body, setCookie} = await after.follow(anonymous).get('/read');
		t.deepEqual([status, body, setCookie], [200, 'nobody 0', []]);
		t.like(events, [{name: 'undecodable', payload: {error: 'ERR_SESSION_UNDECODABLE'}}]);
		t.is((await after.follow(visitor).get('/count')).body, 'Ada 2');

		const newcomer = after.client();
		store.calls.length = 0;
		t.is((await newcomer.get('/count')).status, 500, 'without a user');
		t.deepEqual(store.calls, []);
		t.is(newcomer.cookies.size, 0);
		t.is((await before.follow(anonymous).get('/count')).body, 'nobody 2', 'nothing is lost');
	},
	test.serial,
);

test('a session over the limit of its store names its largest keys, with layers and a schema too', async t => {
	const store = watch(Object.assign(new MemoryStore(), {maxBytes: 1000}));
	const fields = z.object({user: z.string(), letters: z.string()});
	const errors: Error[] = [];
	for (const each of [json(), codec(schema(json(), fields), encrypt([older]))]) {
		const {client} = await startApp(
			t,
			{store, codec: each},
			ctx => Object.assign(ctx.session, {user: 'Ada', letters: 'x'.repeat(2000)}),
			app => app.on('error', error => errors.push(error)),
		);
		t.is((await client().get('/')).status, 500);
	}

	for (const error of errors) {
		t.like(error, {code: 'ERR_SESSION_TOO_LARGE'});
		t.regex(error.message, /Its largest keys, in bytes: `letters` \(\d+\), `user`/);
	}
	t.is(errors.length, 2);
	t.deepEqual(store.calls, []);
});

test('a codec that returns anything but bytes fails the request, instead of storing what nobody can read', async t => {
	for (const encode of [JSON.stringify, () => new ArrayBuffer(8), () => [1], () => true, () => new Uint16Array(1)]) {
		const store = watch(new MemoryStore());
		const {client} = await restart(
			t,
			store,
			pair(encode as never, bytes => JSON.parse(String(bytes))),
		);
		t.is((await client().get('/count')).status, 500);
		t.deepEqual(store.calls, []);
	}
});

test('a codec that keeps nothing of a session to create is at fault, not the store', async t => {
	const store = watch(new MemoryStore());
	const {sessions} = await restart(
		t,
		store,
		pair(
			() => undefined as never,
			() => ({}) as never,
		),
	);
	await t.throwsAsync(sessions.create({user: 'ada'}), {code: 'ERR_SESSION_NOT_ENCODABLE'});
	t.deepEqual(store.calls, []);
});

test.serial(
	'a failing request that changed nothing lost nothing, whichever codec or key wrote its session',
	async t => {
		const events = recordEvents(t);
		const store = new MemoryStore();
		const {client} = await restart(t, store, json());
		const visitor = await login(client());
		for (const codecs of [
			[json(), codec(json(), encrypt([older]))],
			[json(), codec(json(), encrypt([newer, older]))],
		]) {
			const {port} = await startApp(t, {store, codec: codecs}, ctx => {
				const {session} = ctx;
				if (ctx.path === '/change') session['views'] = 9;
				if (ctx.path === '/add') session['list'] = [session['user']];
				if (ctx.path !== '/read') ctx.throw(500);
			});
			const server = visitor.fork(port);
			for (const path of ['/fail', '/change', '/add']) {
				events.length = 0;
				await server.get(path);
				const lost = events.filter(({name}) => name === 'lost');
				t.is(lost.length, path === '/fail' ? 0 : 1, path);
			}

			await server.get('/read');
		}
	},
);
