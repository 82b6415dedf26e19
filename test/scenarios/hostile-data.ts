import {createHash} from 'node:crypto';
import {isDeepStrictEqual} from 'node:util';
import test, {type ExecutionContext} from 'ava';
import fc from 'fast-check';
import {isReserved} from '../../source/request/session-object.ts';
import {MemoryStore} from '../../source/stores/memory.ts';
import {anyData} from '../helpers/codecs/session-arbitraries.ts';
import {recordEvents} from '../helpers/events/record-events.ts';
import {type Client, startApp, type TestContext} from '../helpers/http/app.ts';
import {runs} from '../helpers/runs.ts';
import {onEachStore, onTwoStores} from '../helpers/stores/on-each-store.ts';
import {noVersion} from '../helpers/stores/records.ts';
import type {WatchedStore} from '../helpers/stores/watched-store.ts';

/** An application whose route does what the test says now; what it fails with is kept. */
const start = async (t: ExecutionContext, store: WatchedStore | MemoryStore) => {
	const errors: (Error & {code?: string})[] = [];
	const actions = new Map<string, (ctx: TestContext) => unknown>();
	const {client} = await startApp(
		t,
		{store},
		async ctx => {
			await actions.get(ctx.path)?.(ctx);
			ctx.body = 'done';
		},
		app => app.on('error', error => errors.push(error)),
	);

	const act = async (visitor: Client, action: (ctx: TestContext) => unknown) => {
		const path = `/${actions.size}`;
		actions.set(path, action);
		return visitor.get(path);
	};

	/** What a route of this visitor sees. */
	const read = async (visitor: Client): Promise<Record<string, unknown>> => {
		let seen: Record<string, unknown> = {};
		await act(visitor, ctx => {
			seen = {...ctx.session};
		});
		return seen;
	};

	return {client, act, read, errors};
};

const nested = (levels: number, make: (inner: unknown) => unknown = inner => ({a: inner})): unknown => {
	let value: unknown = 'end';
	for (let level = 0; level < levels; level++) value = make(value);
	return value;
};

/** Data that looks dangerous, and is kept as it is. */
const kept: Readonly<Record<string, unknown>> = {
	'__proto__ as a key': JSON.parse('{"__proto__":{"polluted":true}}'),
	'__proto__ deep inside': JSON.parse('{"a":[{"__proto__":{"__proto__":{"polluted":true}}}]}'),
	'constructor and prototype': JSON.parse('{"constructor":{"prototype":{"polluted":true}},"prototype":1}'),
	'names of Object.prototype': JSON.parse('{"toString":1,"hasOwnProperty":2,"valueOf":3,"__defineGetter__":4}'),
	'names of our own files': {data: 1, createdAt: 'x', $date: 'x', $$: 1, $undefined: true},
	'lone surrogates': {'\uD800': '\uDC00', a: '\uDFFF\uD800'},
	'control characters': {'\0': '\u0001\u001F\u007F\u2028\u2029', '': ''},
	'an invalid date': new Date(Number.NaN),
	'dates at the end of time': [new Date(8.64e15), new Date(-8.64e15)],
	'numbers that JSON lacks': [Number.NaN, Number.POSITIVE_INFINITY, -0, 5e-324, 2n ** 200n],
	'undefined and holes': [undefined, null],
	'maps and sets': new Map<unknown, unknown>([[{}, new Set([new Map()])]]),
	'an object without a prototype': Object.assign(Object.create(null), {a: 1}),
	'100 levels': nested(100),
	'100 levels of arrays': nested(100, inner => [inner]),
	'100 levels of maps': nested(100, inner => new Map([['a', inner]])),
};

/** Large data, as far as a store has room for so many bytes. */
const large = (room = Number.POSITIVE_INFINITY): Readonly<Record<string, unknown>> => {
	const keys = Math.min(100_000, Math.floor(room / 20));
	return {
		'up to a megabyte': 'ä'.repeat(Math.min(500_000, Math.floor(room / 2))),
		'up to 100,000 keys': Object.fromEntries(Array.from({length: keys}, (_, index) => [`key${index}`, index])),
	};
};

onEachStore('dangerous-looking data comes back as it was, and pollutes no prototype', async (t, store) => {
	const {client, act, read} = await start(t, store);
	const envelope = 100;
	for (const [what, value] of Object.entries({...kept, ...large(store.maxBytes && store.maxBytes - envelope)})) {
		const visitor = client();
		t.is((await act(visitor, ctx => Object.assign(ctx.session, {value}))).status, 200, what);
		t.true(isSame(await read(visitor), {value}), what);
		t.is(({} as {polluted?: unknown}).polluted, undefined);
	}
});

/** Equality that takes an object without a prototype for any other, as `json()` does. */
const isSame = (left: unknown, right: unknown): boolean =>
	isDeepStrictEqual(structuredClone(left), structuredClone(right));

onEachStore('data of any type comes back as it was, however it is given to the session', async (t, store) => {
	const {client, act, read} = await start(t, store);
	await fc.assert(
		fc.asyncProperty(anyData, fc.boolean(), async (data, isWhole) => {
			const given = Object.fromEntries(Object.entries({...data, marker: 1}).filter(([name]) => !isReserved(name)));
			const visitor = client();
			const {status} = await act(visitor, ctx => {
				if (isWhole) Object.assign(ctx, {session: given});
				else for (const [name, value] of Object.entries(given)) ctx.session[name] = value;
			});
			return status === 200 && isDeepStrictEqual(await read(visitor), given);
		}),
		{numRuns: runs(15, 50)},
	);
	t.pass();
});

onEachStore('`__proto__` of the session itself is data like any other', async (t, store) => {
	const {client, act, read} = await start(t, store);
	const evil = JSON.parse('{"__proto__":{"isAdmin":true},"user":"Ada"}');
	for (const give of [
		(ctx: TestContext) => Object.assign(ctx, {session: evil}),
		(ctx: TestContext) => {
			for (const name of Object.keys(evil)) ctx.session[name] = evil[name];
		},
		(ctx: TestContext) => ctx.session.update(session => Object.assign(session, evil)),
	]) {
		const visitor = client();
		t.is((await act(visitor, give)).status, 200);
		const seen = await read(visitor);
		t.deepEqual(Object.keys(seen).toSorted(), ['__proto__', 'user']);
		await act(visitor, ctx => {
			t.is(ctx.session['isAdmin'], undefined);
			t.is(typeof ctx.session.save, 'function', 'the members stay');
			Reflect.deleteProperty(ctx.session, '__proto__');
		});
		t.deepEqual(await read(visitor), {user: 'Ada'});
	}
});

class Account {
	name = 'Ada';
}

const cycle: Record<string, unknown> = {};
cycle['self'] = {deep: [cycle]};

/** Data that can't be kept, and the place that the error names. */
const refused: Readonly<Record<string, readonly [value: unknown, place: string]>> = {
	'a function': [() => undefined, 'data.value'],
	'a function inside': [{a: [1, {b() {}}]}, 'data.value.a[1].b'],
	'a symbol': [Symbol('secret'), 'data.value'],
	'an instance of a class': [new Account(), 'data.value'],
	'an instance inside a map': [new Map([['user', new Account()]]), 'data.value[0]'],
	'an error': [new Error('secret'), 'data.value'],
	'a promise': [Promise.resolve(), 'data.value'],
	'a regular expression': [/secret/, 'data.value'],
	'a WeakMap': [new WeakMap(), 'data.value'],
	'an object with toJSON': [{toJSON: () => 'secret'}, 'data.value.toJSON'],
	'a cycle': [cycle, 'data.value.self.deep[0]'],
	'a cycle through a map': [selfContaining(), 'data.value[0]'],
	'129 levels': [nested(129), 'data.value.a.a.a'],
	'100,000 levels': [nested(100_000), 'data.value.a.a.a'],
	'100,000 levels of arrays': [nested(100_000, inner => [inner]), 'data.value[0][0]'],
	'100,000 levels of maps': [nested(100_000, inner => new Map([['a', inner]])), 'data.value[0][0]'],
	'an array of a billion holes': [holes(), 'data.value'],
};

function selfContaining(): unknown {
	const map = new Map<string, unknown>();
	return map.set('secret', map);
}

function holes(): unknown {
	const list: unknown[] = [];
	list[999_999_999] = 'secret';
	return list;
}

onTwoStores(
	'what cannot be kept is a clear error that names the place, before anything is stored',
	async (t, store) => {
		const {client, act, read, errors} = await start(t, store);
		for (const [what, [value, place]] of Object.entries(refused)) {
			const visitor = client();
			await act(visitor, ctx => Object.assign(ctx.session, {user: 'Ada'}));
			for (const someone of [visitor, client()]) {
				store.calls.length = 0;
				errors.length = 0;
				const {status, setCookie} = await act(someone, ctx => Object.assign(ctx.session, {value}));
				t.is(status, 500, what);
				t.deepEqual(setCookie, [], what);
				t.is(errors[0]?.code, 'ERR_SESSION_NOT_ENCODABLE', what);
				t.true(errors[0]?.message.includes(`\`${place}`), `${what}: ${errors[0]?.message}`);
				t.false(errors[0]?.message.includes('secret'), what);
				t.deepEqual(store.calls, someone === visitor ? ['read'] : [], what);
			}

			t.deepEqual(await read(visitor), {user: 'Ada'}, 'what was stored can still be read');
		}
	},
);

onEachStore('a getter that throws fails the request and leaves the session as it was', async (t, store) => {
	const {client, act, read} = await start(t, store);
	const visitor = client();
	await act(visitor, ctx => Object.assign(ctx.session, {user: 'Ada'}));
	const trap = {
		get trap() {
			throw new Error('trapped');
		},
	};
	t.is((await act(visitor, ctx => (ctx.session['trap'] = trap))).status, 500);
	t.deepEqual(await read(visitor), {user: 'Ada'});
});

test.serial('a record that cannot be read is an empty session and an event; the client keeps its cookie', async t => {
	const events = recordEvents(t);
	const store = new MemoryStore();
	const {client, act, read} = await start(t, store);
	const first = (text: string) => Buffer.from(`\u0001${text}`);
	const tagged = (text: string) => first(`$${text}`);
	const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
	const envelope = (data: string, createdAt: unknown = Date.now()) =>
		first(`{"createdAt":${createdAt},"permanent":true,"data":${data}}`);

	for (const bytes of [
		Buffer.alloc(0),
		first(''),
		first('{'),
		first('null'),
		first('[]'),
		first('{}'),
		first('"text"'),
		first('$'),
		tagged('{"createdAt":{"$date":0},"permanent":true,"data":{}}'),
		envelope('null'),
		envelope('1'),
		envelope('{}', 'null'),
		envelope('{}', '"now"'),
		envelope('{}', '1e999'),
		first(`{"createdAt":1,"permanent":1,"data":{}}`),
		tagged(deep),
		tagged('{"createdAt":1,"permanent":true,"data":{"a":{"$map":[[1]]}}}'),
		tagged('{"createdAt":1,"permanent":true,"data":{"a":{"$bigint":"9e9"}}}'),
		tagged('{"createdAt":1,"permanent":true,"data":{"a":{"$unknown":1}}}'),
		Buffer.from([1, 0xff, 0xfe]),
		Buffer.from([2, ...Buffer.from('{}')]),
		Buffer.from([255]),
	]) {
		const visitor = client();
		await act(visitor, ctx => Object.assign(ctx.session, {user: 'Ada'}));
		const id = (visitor.cookies.get('sid') ?? '').slice(0, 43);
		const key = `session:${createHash('sha256').update(id).digest('base64url')}`;
		const record = await store.read(key);
		await store.update(key, {bytes, expiresAt: Date.now() + 60_000}, record?.version ?? noVersion);

		events.length = 0;
		const {status, setCookie} = await act(visitor, ctx => void ctx.session['user']);
		const label = bytes.toString('latin1').slice(0, 60);
		t.is(status, 200, label);
		t.deepEqual(setCookie, [], label);
		t.deepEqual(
			events.map(({name}) => name),
			['undecodable'],
			label,
		);
		t.deepEqual(await read(visitor), {}, label);
	}
});

test('stored data under reserved names is neither lost nor in the way', async t => {
	const store = new MemoryStore();
	const {client, act, read} = await start(t, store);
	const visitor = client();
	await act(visitor, ctx => Object.assign(ctx.session, {user: 'Ada'}));
	const id = (visitor.cookies.get('sid') ?? '').slice(0, 43);
	const key = `session:${createHash('sha256').update(id).digest('base64url')}`;
	const record = await store.read(key);
	const text = `{"createdAt":${Date.now()},"permanent":true,"data":{"save":"mine","id":7,"user":"Ada","subject":{}}}`;
	await store.update(
		key,
		{bytes: Buffer.from(`\u0001${text}`), expiresAt: Date.now() + 60_000},
		record?.version ?? noVersion,
	);

	await act(visitor, ctx => {
		t.deepEqual({...ctx.session}, {user: 'Ada'});
		t.is(typeof ctx.session.save, 'function');
		t.is(ctx.session.id, id);
		t.is(ctx.session.subject, undefined);
		ctx.session['user'] = 'Eve';
	});
	t.deepEqual(await read(visitor), {user: 'Eve'});
	const stored = Buffer.from((await store.read(key))?.bytes ?? []).toString('utf8', 1);
	t.deepEqual(JSON.parse(stored).data, {save: 'mine', id: 7, user: 'Eve', subject: {}});
});
