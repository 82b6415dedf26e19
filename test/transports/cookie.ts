import test from 'ava';
import fc from 'fast-check';
import type {Context} from 'koa';
import Koa from 'koa';
import {cookie} from '../../source/transports/cookie.ts';
import {
	type CookieOptions,
	needsSecure,
	resolveCookie,
	setCookieLine,
} from '../../source/transports/cookie-attributes.ts';
import {parseSetCookie} from '../helpers/http/set-cookie.ts';
import {runs} from '../helpers/runs.ts';

/** A context of Koa itself, without a server. */
const contextOf = (headers: Record<string, string> = {}, isSecure = false): Context => {
	const {IncomingMessage, ServerResponse} = process.getBuiltinModule('node:http');
	const app = new Koa();
	app.proxy = isSecure;
	const request = Object.assign(new IncomingMessage({} as never), {url: '/', method: 'GET'});
	request.headers = {...headers, ...(isSecure && {'x-forwarded-proto': 'https'})};
	return app.createContext(request, new ServerResponse(request));
};

const life = {expiresAt: Date.now() + 60_000, permanent: true};

const linesOf = (ctx: Context): string[] => [ctx.res.getHeader('Set-Cookie') ?? []].flat().map(String);

test('no attribute can smuggle in another one', t => {
	const injections = ['; Secure', ';', '\r\nX: y', '\n', '\0', ', a=b', 'é', '\u2028', '\u0130'];
	for (const name of ['name', 'path', 'domain', 'sameSite', 'priority'] as const) {
		const good = {name: 'sid', path: '/', domain: 'example.org', sameSite: 'lax', priority: 'high'}[name];
		for (const injection of injections) {
			// A comma is a character of paths like any other: no browser splits a cookie there.
			if (name === 'path' && injection === ', a=b') continue;
			for (const value of [`${good}${injection}`, `${injection}${good}`]) {
				t.throws(() => resolveCookie({[name]: value}), {
					instanceOf: TypeError,
					message: new RegExp(`cookie\\.${name}`),
				});
			}
		}
	}
});

test('whatever is accepted at start-up can be written', t => {
	const label = fc.string({unit: fc.constantFrom('a', 'Z', '0', '-', '_', '.'), minLength: 60, maxLength: 66});
	const anything = fc.record(
		{
			name: fc.oneof(fc.string(), fc.constant('__Host-sid')),
			path: fc.string().map(path => `/${path}`),
			domain: fc.oneof(
				fc.domain(),
				label,
				fc.tuple(label, label).map(labels => labels.join('.')),
			),
			sameSite: fc.constantFrom('strict', 'lax', 'none'),
			secure: fc.constantFrom(true, false, 'auto'),
			partitioned: fc.boolean(),
			priority: fc.constantFrom('low', 'medium', 'high'),
		},
		{requiredKeys: []},
	);
	let written = 0;
	fc.assert(
		fc.property(anything, options => {
			let attributes: ReturnType<typeof resolveCookie>;
			try {
				attributes = resolveCookie(options as CookieOptions);
			} catch {
				return;
			}
			setCookieLine(attributes, 'a.b', life, true);
			written++;
		}),
		{numRuns: runs(2000, 100_000), examples: [[{path: '/<'}], [{domain: 'a'.repeat(64)}], [{domain: 'a'.repeat(63)}]]},
	);
	t.true(written > 100, String(written));
});

test('names, paths and domains that RFC 6265 allows are taken as they are', t => {
	for (const options of [
		{name: "!#$%&'*+-.^_`|~09azAZ"},
		{name: '__proto__'},
		{path: '/'},
		{path: '/a b/%20?x=y,z&"'},
		{domain: 'localhost'},
		{domain: '.example.org'},
		{domain: 'a-b.xn--bcher-kva.example'},
		{domain: '127.0.0.1'},
	] satisfies CookieOptions[]) {
		const [[name, value] = []] = Object.entries(options);
		t.is(Reflect.get(resolveCookie(options), name ?? ''), value);
	}

	for (const domain of [
		'',
		'.',
		'..',
		'a..b',
		'-a.org',
		'a-.org',
		'a_b.org',
		'http://a.org',
		'a.org/',
		'a.org:80',
		'*.a.org',
	]) {
		t.throws(() => resolveCookie({domain}), {instanceOf: TypeError, message: /`cookie\.domain`/}, domain);
	}
});

test('attributes are all there, checked, and cannot be changed', t => {
	const options = Object.freeze({name: 'login', domain: undefined});
	t.deepEqual(resolveCookie(options), {
		name: 'login',
		path: '/',
		httpOnly: true,
		secure: 'auto',
		sameSite: 'lax',
		partitioned: false,
	});
	t.true(Object.isFrozen(resolveCookie(options)));
});

test('what browsers take over HTTPS only needs it, whatever the case of the name', t => {
	for (const [options, isNeeded] of [
		[{}, false],
		[{secure: false}, false],
		[{secure: true}, true],
		[{sameSite: 'none'}, true],
		[{sameSite: 'strict'}, false],
		[{partitioned: true}, true],
		[{name: '__Host-sid'}, true],
		[{name: '__secure-sid'}, true],
		[{name: '__HOST-sid'}, true],
		[{name: '_Host-sid'}, false],
		[{name: 'x__Host-sid'}, false],
		[{name: '__Hostsid'}, false],
	] satisfies [CookieOptions, boolean][]) {
		t.is(needsSecure(resolveCookie(options)), isNeeded, JSON.stringify(options));
	}
});

test('a prefix that browsers check is checked at start-up too', t => {
	for (const options of [{path: '/shop'}, {domain: 'example.org'}, {secure: false}] satisfies CookieOptions[]) {
		for (const name of ['__Host-sid', '__host-sid', '__HOST-']) {
			t.throws(() => resolveCookie({...options, name}), {instanceOf: TypeError, message: /__Host-/});
		}
	}

	for (const name of ['__Http-sid', '__http-sid', '__Host-Http-sid', '__HOST-HTTP-sid']) {
		for (const options of [{secure: false}, {httpOnly: false}] satisfies CookieOptions[]) {
			t.throws(() => resolveCookie({...options, name}), {instanceOf: TypeError, message: /__Http-/});
		}

		t.true(needsSecure(resolveCookie({name})), 'over plain HTTP nothing is stored');
	}

	t.throws(() => resolveCookie({name: '__Host-Http-sid', path: '/shop'}), {message: /__Host-/});
	t.notThrows(() => resolveCookie({name: '__Http-sid', path: '/shop', domain: 'example.org'}));
	t.notThrows(() => resolveCookie({name: '__Secure-sid', path: '/shop', domain: 'example.org', httpOnly: false}));
	t.notThrows(() => resolveCookie({name: '__Host-sid', secure: true, sameSite: 'none', partitioned: true}));
});

test('Max-Age is rounded up, and never negative', t => {
	const attributes = resolveCookie({});
	for (const [left, maxAge] of [
		[60_000, '60'],
		[-1, '0'],
		[-1e9, '0'],
	] as const) {
		const line = setCookieLine(attributes, 'token', {expiresAt: Date.now() + left, permanent: true}, false);
		t.is(parseSetCookie(line).attributes['Max-Age'], maxAge);
	}
});

test('every value of the cookie is read, in order, and no other', t => {
	const transport = cookie({name: 'sid'});
	for (const [header, values] of [
		['sid=a', ['a']],
		['sid=a; sid=b;sid=c', ['a', 'b', 'c']],
		[' \t sid \t=\t a \t ;sid =b', ['a', 'b']],
		...['\u00a0', '\u000b', '\u000c', '\ufeff', '\u2028', '\u3000', '\u0085', '\0', '\r'].flatMap(
			blank =>
				[
					[`${blank}sid=a`, []],
					[`sid${blank}=a`, []],
					[`sid=${blank}a${blank}`, [`${blank}a${blank}`]],
				] as [string, string[]][],
		),
		['a=b; sid="a"; c=d', ['a']],
		['sid=""; sid="; sid=" a "', ['', '"', ' a ']],
		['sid=a=b', ['a=b']],
		['sid', []],
		['sid;=a;;', []],
		['xsid=a; sidx=b; SID=c; =sid', []],
		['sid=%61', ['%61']],
		['', []],
	] as const) {
		t.deepEqual(transport.read(contextOf({cookie: header})), values, header);
	}

	t.deepEqual(transport.read(contextOf()), []);
});

test('a token takes the place of one sent earlier, and of no other cookie', t => {
	const transport = cookie({name: 'sid'});
	const ctx = contextOf();
	ctx.res.setHeader('Set-Cookie', ['sidecar=1', 'SID=2', 'sid.sig=3']);
	transport.write(ctx, 'first', life);
	transport.write(ctx, 'second', life);
	t.deepEqual(
		linesOf(ctx).map(line => line.split(';')[0]),
		['sidecar=1', 'SID=2', 'sid.sig=3', 'sid=second'],
	);
	transport.clear(ctx);
	const line = linesOf(ctx).at(-1) ?? '';
	t.is(linesOf(ctx).length, 4);
	t.true(line.startsWith('sid=; Max-Age=0; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT'), line);
	t.is(transport.format(ctx, 'token'), 'sid=token');
});

test('`secure: auto` follows the request', t => {
	const transport = cookie();
	for (const isSecure of [false, true]) {
		const ctx = contextOf({}, isSecure);
		transport.write(ctx, 'token', life);
		t.is('Secure' in parseSetCookie(linesOf(ctx)[0]).attributes, isSecure);
		t.true(transport.canWrite(ctx));
	}
});

test('attributes by a function are checked at the request, which is asked once', t => {
	let asked = 0;
	const transport = cookie(() => ({name: `sid${++asked}`}));
	const ctx = contextOf({cookie: 'sid1=a'});
	t.deepEqual(transport.read(ctx), ['a']);
	t.is(typeof transport.name === 'function' && transport.name(ctx), 'sid1');
	t.is(transport.format(ctx, 'token'), 'sid1=token');
	t.is(asked, 1);

	for (const options of [undefined, null, 'sid', {name: 'a b'}, {sameSite: 'none', secure: false}] as unknown[]) {
		t.throws(() => cookie(() => options as CookieOptions).read(contextOf()), {
			instanceOf: TypeError,
			message: /cookie/,
		});
	}
});

test('a header as long as a book is read in no time, whatever is in it', t => {
	const transport = cookie({name: 'sid'});
	for (const part of ['a;', ';', 'sid=a;', '=']) {
		const header = `${part.repeat(1_000_000 / part.length)};b=c;sid=z`;
		const startedAt = performance.now();
		t.is(transport.read(contextOf({cookie: header})).at(-1), 'z');
		// By searching the rest of the header again for each cookie, several seconds.
		t.true(performance.now() - startedAt < 1500, part);
	}
});
