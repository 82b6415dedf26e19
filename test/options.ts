import {readFileSync} from 'node:fs';
import test from 'ava';
import Koa from 'koa';
import {compress} from '../source/codecs/compress.ts';
import {encrypt} from '../source/codecs/encrypt.ts';
import session, {type Envelope, json, NullStore, SessionError, type SessionOptions} from '../source/index.ts';
import {resolveOptions} from '../source/options/resolve.ts';
import {cookie} from '../source/transports/cookie.ts';
import {header} from '../source/transports/header.ts';
import {testKeys} from './helpers/http/app.ts';

/** As plain JavaScript calls it, with anything. */
const resolve = (options: unknown) => resolveOptions(options as SessionOptions);

const start = (options: unknown) => {
	const app = new Koa();
	app.keys = testKeys;
	return session(app, options as SessionOptions);
};

const thrownBy = (run: () => unknown): unknown => {
	try {
		return void run();
	} catch (error) {
		return error;
	}
};

const without = (whole: object, name: string): object => ({...whole, [name]: undefined});

const methods = {create() {}, read() {}, update() {}, touch() {}, delete() {}};
const transport = header('x-session');
const day = 86_400_000;
const tenYears = 3653 * day;

/** For each option: what it refuses, with what the message calls it. */
const refused: Readonly<Record<keyof SessionOptions, readonly (readonly [named: string, ...values: unknown[]])[]>> = {
	store: [
		['store', null, 1, true, [], {}, () => methods, 'no-scheme'],
		...Object.keys(methods).map(name => ['store', without(methods, name)] as const),
	],
	codec: [
		[
			'codec',
			null,
			'json',
			1,
			{},
			[],
			[json(), undefined],
			[json(), 'json'],
			json,
			() => undefined,
			() => [1],
			compress(),
			[json(), encrypt(testKeys)],
		],
	],
	keys: [
		['keys', null, 'a secret', 1, true, {}, {sign() {}}, {index() {}}],
		['keys', Promise.resolve(testKeys), async () => testKeys, () => Promise.resolve(testKeys)],
	],
	signed: [['signed', null, 'true', 0, 1, {}, Number.NaN]],
	prefix: [['prefix', null, 1, 'a b', 'ä', 'a\n', '\0', 'a'.repeat(201), []]],
	cookie: [
		['cookie', null, 'sid', 1, false, [], ['sid'], async () => ({}), Promise.resolve({})],
		['cookie.name', {name: null}, {name: ''}, {name: 1}, {name: 'a b'}],
		['cookie.path', {path: null}, {path: 'shop'}, {path: 1}],
		['cookie.domain', {domain: null}, {domain: 'a b'}, {domain: ['example.org']}],
		['cookie.httpOnly', {httpOnly: null}, {httpOnly: 'no'}, {httpOnly: 0}],
		['cookie.secure', {secure: null}, {secure: 'true'}, {secure: 1}],
		['cookie.sameSite', {sameSite: null}, {sameSite: 'Lax'}, {sameSite: false}],
		['cookie.partitioned', {partitioned: null}, {partitioned: 1}],
		['cookie.priority', {priority: null}, {priority: 'High'}, {priority: 1}],
	],
	transport: [
		[
			'transport',
			null,
			'x-session',
			1,
			[],
			() => transport,
			[null],
			[undefined],
			[transport, 'x-session'],
			[[transport]],
		],
		...['read', 'write', 'clear', 'withdraw', 'canWrite', 'format', 'vary', 'sets', 'name'].map(
			name => [`transport.${name}`, without(transport, name), {...transport, [name]: 1}] as const,
		),
		['transport.vary', {...transport, vary: 'a b'}],
		['transport.sets', {...transport, sets: 'a\r\nb'}],
		['transport.name', {...transport, name: ''}],
	],
	permanent: [['permanent', null, 'yes', 0, 1, {}]],
	idleTimeout: [
		['idleTimeout', null, '', 'soon', true, {}, [], Number.NaN, -1, 0, 999, 1000.5, tenYears + 1, Infinity],
	],
	absoluteTimeout: [
		['absoluteTimeout', null, 'never', 'Infinity', false, Number.NaN, -1, 0, 999, -Infinity, tenYears + 1],
	],
	touchAfter: [['touchAfter', null, 'often', {}, Number.NaN, -1, 0.5, day + 1, '25h', Infinity]],
	merge: [['merge', null, 'mine', true, {}, async () => ({})]],
	storeTimeout: [['storeTimeout', null, 'long', {}, Number.NaN, -1, 0, 0.5, 3_600_001, '2h', Infinity]],
	onStoreError: [['onStoreError', null, '', 'ignore', 'Throw', true, () => 'throw']],
	extend: [['extend', null, '/static', /static/, true, ['/static'], async () => false]],
	skip: [['skip', null, '/static', /static/, true, ['/static'], async () => false]],
	deviceBound: [
		['deviceBound', null, 'yes', 1, [], () => true, Promise.resolve({})],
		['deviceBound.lifetime', {lifetime: '4m'}, {lifetime: '61m'}, {lifetime: 299_999}, {lifetime: null}],
		['deviceBound.path', {path: 'key'}, {path: '/'}, {path: '/a b'}, {path: '/a?b'}, {path: '/a/'}, {path: null}],
		['deviceBound.only', {only: true}, {only: async () => true}, {only: null}],
		['deviceBound.exclude', {exclude: '/assets'}, {exclude: ['assets']}, {exclude: [/assets/]}, {exclude: [null]}],
	],
	property: [['property', null, '', 1, 'my session', '1st', 'a-b', 'session\n', {}]],
};

for (const [option, cases] of Object.entries(refused)) {
	test(`\`${option}\`: what it can't be throws at start-up, and names the option, what was expected and what it got`, t => {
		for (const [named, ...values] of cases) {
			for (const value of values) {
				for (const make of [resolve, start, (options: unknown) => session(options as SessionOptions)]) {
					const error = t.throws(() => make({[option]: value}));
					const isUrl = option === 'store' && typeof value === 'string';
					t.true(isUrl ? error instanceof SessionError : error instanceof TypeError || error instanceof RangeError);
					t.regex(error?.message ?? '', isUrl ? /^Expected the store URL .* got / : /^Expected .*, got /);
					if (!isUrl) t.true(error?.message.startsWith(`Expected \`${named}\` to be `), error?.message);
				}
			}
		}
	});
}

test('numbers out of range are a RangeError, other types a TypeError', t => {
	for (const value of [-1, 0, 999, 0.5, Infinity, '0s', '4000d']) {
		t.throws(() => resolve({idleTimeout: value}), {instanceOf: RangeError, message: /from 1000 to 315619200000, got /});
	}

	for (const value of [null, true, 'x', Number.NaN, {}, Object.create(null), Symbol('x'), 1n]) {
		t.throws(() => resolve({idleTimeout: value}), {instanceOf: TypeError, message: /`idleTimeout`/});
	}
});

test('an idle timeout above the default absolute timeout has no effect alone, so it throws', t => {
	for (const idleTimeout of ['31d', '336.1h', 14 * day + 1]) {
		t.throws(() => start({idleTimeout}), {
			instanceOf: RangeError,
			message:
				/^Expected `idleTimeout` to be at most '14d', the default `absoluteTimeout`, got .*\. Set `absoluteTimeout` too/,
		});
		t.is(resolve({idleTimeout, absoluteTimeout: '60d'}).absoluteTimeout, 60 * day);
		t.is(resolve({idleTimeout, absoluteTimeout: Infinity}).absoluteTimeout, Infinity);
		t.notThrows(() => start({idleTimeout, absoluteTimeout: '14d'}), 'both were given, and the shorter one counts');
	}

	t.is(resolve({idleTimeout: '14d'}).idleTimeout, 14 * day);
});

test('keys that are promised throw at start-up, and the message names the way out', t => {
	const rejecting = () => Promise.reject(new Error('the key server is down'));
	for (const keys of [rejecting, async () => testKeys, Promise.resolve(testKeys)]) {
		t.throws(() => start({keys}), {instanceOf: TypeError, message: /promise\. Await the keys before `session\(\)`/});
		if (typeof keys === 'function') t.notThrows(() => start({keys, signed: false}), 'nobody signs');
	}

	const app = new Koa();
	app.keys = Promise.resolve(testKeys) as never;
	t.throws(() => session(app), {code: 'ERR_SESSION_NO_KEYS', message: /got a promise, which has to be awaited first/});
});

test('a function of keys may fail at start-up, since it may be ready later', t => {
	const failing = () => {
		throw new Error('not yet');
	};
	t.notThrows(() => start({keys: failing}));
	t.notThrows(() => start({keys: () => undefined}));
});

test('`extend` that returns no boolean throws, since no session would be extended', t => {
	for (const wrong of [undefined, 0, 'no', Promise.resolve(true)]) {
		t.throws(() => resolve({extend: () => wrong as never}).extend({} as never), {
			instanceOf: TypeError,
			message: /`extend\(ctx\)` to be `true` or `false`/,
		});
	}
	t.false(resolve({extend: () => false}).extend({} as never));
});

test('`skip` that returns a promise throws, since a promise is truthy and would skip every request', t => {
	const {skip} = resolve({skip: () => Promise.resolve(false)});
	t.throws(() => skip({} as never), {
		instanceOf: TypeError,
		message: 'Expected `skip(ctx)` to be `true` or `false`, got a promise',
	});
	t.true(resolve({skip: () => true}).skip({} as never));
	t.false(resolve({skip: () => false}).skip({} as never));
});

test('a string where an option takes something else may be a secret, so no message shows it', t => {
	const secret = 'redis://ada:5up3rs3cr3t@localhost';
	const values = [secret, [secret], {secret}, new Map([[secret, secret]])];
	const taking = ['store', 'codec', 'keys', 'signed', 'cookie', 'transport', 'permanent', 'merge', 'extend', 'skip'];
	for (const make of [resolve, start, ...taking.map(name => (value: unknown) => start({[name]: value}))]) {
		for (const value of values) {
			t.notRegex(String(thrownBy(() => make(value))), /5up3rs3cr3t/);
		}
	}

	t.throws(() => session(secret as unknown as Koa, {}), {
		instanceOf: TypeError,
		message: 'Expected `app` to be a Koa application, got a string',
	});
});

test('options that are none, or an application that is none, throw too', t => {
	for (const options of [null, 1, 'memory:', true, [], () => ({})]) {
		t.throws(() => start(options), {instanceOf: TypeError, message: /^Expected `options` to be an object, got /});
	}

	for (const app of [null, undefined, {}, new Map(), 'app']) {
		t.throws(() => session(app as unknown as Koa, {}), {instanceOf: TypeError, message: /^Expected `app` to be a Koa/});
	}

	t.notThrows(() => start(undefined));
	t.notThrows(() => session());
});

test('keys that cannot sign throw at start-up, with the application or without', t => {
	for (const keys of [[], [''], [1], [undefined]] as unknown[]) {
		t.throws(() => start({keys}), {code: 'ERR_SESSION_NO_KEYS'});
		t.throws(() => session({keys} as SessionOptions), {code: 'ERR_SESSION_NO_KEYS'});
		t.notThrows(() => start({keys, signed: false}), 'nobody signs');
	}

	t.throws(() => session(new Koa(), {}), {code: 'ERR_SESSION_NO_KEYS', message: /app\.keys = /});
	const app = new Koa();
	t.throws(() => session(app), {code: 'ERR_SESSION_NO_KEYS'});
	app.keys = testKeys;
	t.notThrows(() => session(app), 'an attempt that failed is in nobody’s way');
});

test('`cookie` together with `transport` throws, since the cookie is a transport', t => {
	t.throws(() => start({cookie: {name: 'sid'}, transport}), {
		instanceOf: TypeError,
		message: /`cookie` or `transport`/,
	});
	t.notThrows(() => start({cookie: undefined, transport}));
});

test('of a list, no two transports may have one name, or the token of one would fit the other', t => {
	for (const names of [
		['sid', 'SID'],
		['sid', 'x-session'],
	] as const) {
		t.notThrows(() => start({transport: names.map(name => cookie({name}))}));
		t.notThrows(() => start({transport: [cookie({name: names[0]}), header('x-other')]}));
	}

	for (const transports of [
		[header('x-session'), header('X-Session')],
		[cookie({name: 'x-session'}), header('x-session')],
	]) {
		t.throws(() => start({transport: transports}), {instanceOf: TypeError, message: /a name of its own/});
	}
});

test('defaults are those of the README', t => {
	const {
		transport: transports,
		merge,
		codec,
		extend,
		skip,
		store,
		deviceBound,
		hasTouchAfter,
		...values
	} = resolveOptions({});
	t.false(hasTouchAfter);
	t.deepEqual(values, {
		keys: undefined,
		signed: true,
		prefix: 'session:',
		permanent: true,
		idleTimeout: day,
		absoluteTimeout: 14 * day,
		touchAfter: day / 10,
		storeTimeout: 2000,
		onStoreError: 'throw',
		property: 'session',
	});
	t.true(store instanceof NullStore);
	t.deepEqual(
		transports.map(({name}) => name),
		['sid'],
	);
	const answers = [extend({} as never), skip({} as never)];
	t.deepEqual([typeof merge, typeof codec, ...answers], ['function', 'function', true, false]);

	const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
	const rows = [...readme.matchAll(/^\| `(\w+)` +\| (.+?) +\| /gm)].map(([, name = '', value = '']) => [name, value]);
	const inReadme: Readonly<Record<string, string>> = Object.fromEntries(rows);
	for (const [name, value] of Object.entries(values)) {
		const given = /^`(.*)`$/.exec(inReadme[name] ?? '')?.[1];
		if (name === 'keys') t.is(given, 'app.keys');
		else if (name === 'touchAfter') t.is(inReadme[name], "a tenth of the session's own `idleTimeout`");
		else
			t.is(resolve({[name]: JSON.parse((given ?? '').replaceAll("'", '"'))})[name as 'prefix'], value as string, name);
	}

	t.is(inReadme['cookie'], "`{name: 'sid', path: '/', httpOnly: true, secure: 'auto', sameSite: 'lax'}`");
	t.is(inReadme['store'], '`new NullStore()`');
	t.deepEqual([inReadme['deviceBound'], deviceBound], ['`false`', undefined]);
});

test('`undefined` is the default, and `touchAfter` follows `idleTimeout`', t => {
	const all = Object.fromEntries(Object.keys(refused).map(name => [name, undefined]));
	t.is(resolve(all).prefix, 'session:');
	t.is(resolve({idleTimeout: '90s'}).touchAfter, 9000);
	t.is(resolve({idleTimeout: 1001}).touchAfter, 100, 'whole milliseconds');
	t.is(resolve({idleTimeout: '90s', touchAfter: '90s'}).touchAfter, 90_000);
	t.false(resolve(all).hasTouchAfter);
	t.true(resolve({idleTimeout: '90s', touchAfter: '9s'}).hasTouchAfter, 'though the default is the same');
	t.throws(() => resolve({idleTimeout: '90s', touchAfter: '91s'}), {instanceOf: RangeError});
});

test('options stay as they are, and what is made of them cannot be changed', t => {
	const options = Object.freeze({
		cookie: Object.freeze({name: 'login'}),
		keys: Object.freeze([...testKeys]),
		codec: Object.freeze([json<Envelope>()]),
		idleTimeout: '1h' as const,
	});
	const resolved = resolveOptions(options);
	t.true(Object.isFrozen(resolved));
	t.is(resolved.keys, options.keys, 'the very list, so that keys can change on a live server');
	t.deepEqual(Object.keys(options), ['cookie', 'keys', 'codec', 'idleTimeout']);

	const cookie = {name: 'login'};
	const [made] = resolveOptions({cookie}).transport;
	cookie.name = 'other';
	t.is(made.name, 'login', 'a later change of the options changes nothing');
});

const bound = (options: object) => resolve({deviceBound: true, ...options});

test('`deviceBound` refuses what no browser would bind, and says what to do instead', t => {
	for (const [message, options] of [
		['Expected `signed: true` with `deviceBound`', {signed: false}],
		["Expected `cookie.secure` to be `true` or `'auto'`", {cookie: {secure: false}}],
		['Expected no `cookie.partitioned`', {cookie: {partitioned: true}}],
		['Expected no `cookie.domain`', {cookie: {domain: 'example.org'}}],
		['Expected `deviceBound.path` to begin with `/shop/`', {cookie: {path: '/shop'}}],
		['Expected `deviceBound.path` to begin with `/shop/`', {cookie: {path: '/shop/'}, deviceBound: {path: '/shopkey'}}],
		['Expected `transport` to contain `cookie()`', {transport: header('x-session')}],
		['Unknown option `deviceBound.lifeTime`. Did you mean `deviceBound.lifetime`?', {deviceBound: {lifeTime: '10m'}}],
	] as const) {
		const error = t.throws(() => bound(options), {instanceOf: TypeError});
		t.true(error?.message.startsWith(message), error?.message);
	}

	for (const options of [
		{},
		{cookie: {path: '/shop'}, deviceBound: {path: '/shop/.session-key'}},
		{cookie: {name: '__Host-sid', secure: true}},
		{cookie: () => ({secure: false})},
		{transport: [header('x-session'), cookie()]},
		{deviceBound: {lifetime: '5m', path: '/a/b', only: () => true, exclude: ['/assets', '/a/b.css']}},
	]) {
		t.truthy(bound(options).deviceBound);
	}

	for (const deviceBound of [undefined, false]) t.is(resolve({deviceBound}).deviceBound, undefined);
});
