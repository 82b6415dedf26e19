import {randomBytes} from 'node:crypto';
import {once} from 'node:events';
import http from 'node:http';
import type {AddressInfo} from 'node:net';
import test from 'ava';
import {MemoryStore} from '../../source/stores/memory.ts';
import {type Route, startApp} from '../helpers/http/app.ts';
import {rawRequest} from '../helpers/http/raw-request.ts';
import {makeToken} from '../helpers/http/tokens.ts';
import {onEachStore} from '../helpers/stores/on-each-store.ts';

/** Writes at `/write`, shows the session and its id elsewhere. */
const route: Route = ctx => {
	if (ctx.path === '/write') ctx.session['user'] = 'Ada';
	ctx.set('x-id', ctx.session.id);
	ctx.body = JSON.stringify(ctx.session);
};

const id = randomBytes(32).toString('base64url');
const anyChar = (code: number) => String.fromCharCode(code);

/** Values of the cookie, as bytes on the wire. None names a session. */
const rubbish: Readonly<Record<string, string>> = {
	nothing: '',
	spaces: '   ',
	'an equals sign': '=',
	'one quote': '"',
	'two quotes': '""',
	'a quoted text': '"a"',
	'a quote within': 'a"b',
	dots: '....',
	'a dot at the end': `${id}.`,
	'a percent sign': '%',
	'a broken percent encoding': '%E0%A4%A',
	'percent-encoded CRLF': `${id}.a%0d%0aSet-Cookie:%20x=y`,
	'percent-encoded nothing': '%00%00%00',
	'a name of Object.prototype': '__proto__',
	'JSON of a prototype': 'j:{"__proto__":{"polluted":true}}',
	'bytes over 127': anyChar(0xff).repeat(86),
	'a Latin letter': `${id}.é`,
	UTF_8: Buffer.from('naïve🍪').toString('latin1'),
	'a tab': `${id}.\tabc`,
	commas: `${id},${id}`,
	backslashes: '\\"\\\\',
	'14 kB': 'a'.repeat(14_000),
	'14 kB after an id': `${id}.${'a'.repeat(14_000)}`,
	'14 kB of dots': '.'.repeat(14_000),
	'many cookies of the name': `a${'; sid=a.b'.repeat(1000)}`,
	'many good tokens that are unknown': `a${`; sid=${makeToken({id})}`.repeat(100)}`,
};

for (const [what, value] of Object.entries(rubbish)) {
	test(`${what} in the cookie gives an empty session, never a 500`, async t => {
		const {port} = await startApp(t, {store: new MemoryStore()}, route);
		const read = await rawRequest(port, `GET / HTTP/1.1\r\nCookie: sid=${value}`);
		t.regex(read, /^HTTP\/1\.1 200 OK\r\n/);
		t.regex(read, /\r\n\r\n\{\}$/);
		t.notRegex(read, /\r\nset-cookie: x=y/i);

		const written = await rawRequest(port, `GET /write HTTP/1.1\r\nCookie: sid=${value}`);
		t.regex(written, /^HTTP\/1\.1 200 OK\r\n/);
		t.regex(written, /\r\nSet-Cookie: sid=[\w-]{43}\.[\w-]{43}; /);
		t.regex(written, /\r\n\r\n\{"user":"Ada"\}$/);
	});
}

test('what no header may hold is refused by Node before anyone sees it', async t => {
	const {port} = await startApp(t, {store: new MemoryStore()}, route);
	for (const code of [0, 1, 8, 10, 11, 27, 31, 127]) {
		const answer = await rawRequest(port, `GET / HTTP/1.1\r\nCookie: sid=${id}.a${anyChar(code)}b`);
		t.regex(answer, /^HTTP\/1\.1 (400|200)/, String(code));
		t.notRegex(answer, /set-cookie/i);
	}

	t.regex(await rawRequest(port, `GET / HTTP/1.1\r\nCookie: sid=${'a'.repeat(17_000)}`), /^HTTP\/1\.1 431 /);
	t.regex(await rawRequest(port, 'GET / HTTP/1.1'), /^HTTP\/1\.1 200 /, 'and the server goes on');
});

test('16 kB in the cookie give an empty session where the server takes headers of that size', async t => {
	const {app} = await startApp(t, {store: new MemoryStore()}, route);
	const server = http.createServer({maxHeaderSize: 65_536}, app.callback()).listen(0, '127.0.0.1');
	await once(server, 'listening');
	t.teardown(() => server.close());
	const {port} = server.address() as AddressInfo;
	for (const value of ['a'.repeat(16_384), `${id}.${'a'.repeat(16_384)}`, `${id}.a; sid=`.repeat(1000)]) {
		t.regex(await rawRequest(port, `GET / HTTP/1.1\r\nCookie: sid=${value}`), /^HTTP\/1\.1 200 OK\r\n[\s\S]*\{\}$/);
	}
});

/** Ids of another form than ours; all of them get a valid signature. */
const oddIds = [
	'',
	'a',
	'__proto__',
	'constructor',
	'../../../../etc/passwd',
	'..',
	'/',
	'*',
	'session:*',
	'a:b',
	id.slice(1),
	`${id}A`,
	`${id}${id}`,
	`${id.slice(0, 42)}B`,
	`${id.slice(0, 42)}=`,
	`+${id.slice(1)}`,
	`/${id.slice(1)}`,
	`${id.slice(0, 20)}.${id.slice(21)}`,
	`${id.slice(0, 20)} ${id.slice(21)}`,
	`${id.slice(0, 20)}%${id.slice(21)}`,
	`é${id.slice(1)}`,
	randomBytes(32).toString('hex'),
	crypto.randomUUID(),
	'0'.repeat(42),
	'9'.repeat(43),
	'a'.repeat(5000),
];

onEachStore('an id of another form costs no store call, though its signature is valid', async (t, store) => {
	const {port} = await startApp(t, {store}, route);
	for (const odd of oddIds) {
		const answer = await rawRequest(port, `GET / HTTP/1.1\r\nCookie: sid=${makeToken({id: odd})}`);
		t.regex(answer, /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\n\{\}$/, odd);
		t.notRegex(answer, /set-cookie/i);
	}

	t.deepEqual(store.calls, []);
});

onEachStore('without signatures, an id of another form costs no store call either', async (t, store) => {
	const {port} = await startApp(t, {store, signed: false}, route);
	for (const odd of [...oddIds, makeToken({id})]) {
		const answer = await rawRequest(port, `GET / HTTP/1.1\r\nCookie: sid=${odd}`);
		t.regex(answer, /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\n\{\}$/, odd);
	}

	t.deepEqual(store.calls, []);
});

onEachStore('an unknown id is never adopted, signed or not', async (t, store) => {
	for (const signed of [true, false]) {
		const {client} = await startApp(t, {store, signed}, route);
		const token = signed ? makeToken({id}) : id;
		for (const path of ['/', '/write']) {
			const {headers, setCookie} = await client().get(path, {headers: {cookie: `sid=${token}`}});
			t.not(headers['x-id'], id);
			t.false(setCookie.join().includes(id));
		}
	}
});

onEachStore('cookies of other names, however near, are not ours', async (t, store) => {
	const {client} = await startApp(t, {store}, route);
	const visitor = client();
	await visitor.get('/write');
	const token = visitor.cookies.get('sid') ?? '';
	store.calls.length = 0;
	for (const cookie of [
		`Sid=${token}`,
		`xsid=${token}`,
		`sid2=${token}`,
		`sid.sig=${token}`,
		`a=sid=${token}`,
		token,
	]) {
		t.is((await client().get('/', {headers: {cookie}})).body, '{}', cookie);
	}

	t.deepEqual(store.calls, []);
	for (const cookie of [
		`a=b;sid=${token}`,
		` sid = ${token} `,
		`sid="${token}"`,
		`;;;sid=${token};;`,
		`sid;sid=${token}`,
	]) {
		t.is((await client().get('/', {headers: {cookie}})).body, '{"user":"Ada"}', cookie);
	}
});

test('a cookie name with characters of regular expressions is a name', async t => {
	const {client} = await startApp(t, {store: new MemoryStore(), cookie: {name: 's.d+$'}}, route);
	const visitor = client();
	await visitor.get('/write');
	t.is((await visitor.get('/')).body, '{"user":"Ada"}');
	t.is((await client().get('/', {headers: {cookie: `sxd+$=${visitor.cookies.get('s.d+$')}`}})).body, '{}');
});

test('two `Cookie` headers are read as one', async t => {
	const {port, client} = await startApp(t, {store: new MemoryStore()}, route);
	const visitor = client();
	await visitor.get('/write');
	t.regex(
		await rawRequest(port, `GET / HTTP/1.1\r\nCookie: sid=rubbish\r\nCookie: ${visitor.cookie}`),
		/\r\n\r\n\{"user":"Ada"\}$/,
	);
});

test('a planted cookie whose name has other bytes around it opens nothing, with a prefix that browsers guard', async t => {
	const {port, sessions} = await startApp(t, {store: new MemoryStore(), cookie: {name: '__Host-sid'}}, route);
	const {token} = await sessions.create({user: 'Ada'});
	const bodyOf = async (cookie: string) =>
		(await rawRequest(port, `GET / HTTP/1.1\r\nCookie: ${cookie}`)).split('\r\n\r\n')[1];
	t.is(await bodyOf(`a=b; __Host-sid=${token}`), '{"user":"Ada"}');
	for (const code of [0xa0, 0x85, 0x0b, 0x0c]) {
		const character = anyChar(code);
		for (const name of [`${character}__Host-sid`, `__Host-sid${character}`]) {
			t.not(await bodyOf(`a=b; ${name}=${token}`), '{"user":"Ada"}', `0x${code.toString(16)}`);
		}
	}
});
