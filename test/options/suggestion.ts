import {readFile} from 'node:fs/promises';
import test from 'ava';
import Koa from 'koa';
import session, {type SessionOptions} from '../../source/index.ts';
import {suggestion} from '../../source/options/suggestion.ts';
import {testKeys} from '../helpers/http/app.ts';

const known = ['store', 'codec', 'idleTimeout'];

test('the nearest name is suggested, if one is near; else all are listed', t => {
	for (const [given, said] of [
		['stor', 'Did you mean `store`?'],
		['tsore', 'Did you mean `store`?'],
		['CODECS', 'Did you mean `codec`?'],
		['idle', 'Known names: `store`, `codec`, `idleTimeout`.'],
		['timeout', 'Known names: `store`, `codec`, `idleTimeout`.'],
		['idleTime', 'Did you mean `idleTimeout`?'],
		['cod', 'Did you mean `codec`?'],
		['co', 'Known names: `store`, `codec`, `idleTimeout`.'],
		['', 'Known names: `store`, `codec`, `idleTimeout`.'],
		['🍪'.repeat(9), 'Known names: `store`, `codec`, `idleTimeout`.'],
	] as const) {
		t.is(suggestion(given, known), said, given);
	}

	t.is(suggestion('b', []), 'Known names: .', 'of nothing, nothing is near');
});

test('what the names belong to is shown, and makes none of them nearer', t => {
	t.is(suggestion('nam', ['name', 'path'], 'cookie.'), 'Did you mean `cookie.name`?');
	t.is(suggestion('max', ['name', 'path'], 'cookie.'), 'Known names: `cookie.name`, `cookie.path`.');
});

const start = (options: unknown) => {
	const app = new Koa();
	app.keys = testKeys;
	return session(app, options as SessionOptions);
};

test('an unknown name throws and suggests the nearest known one', t => {
	for (const [given, meant] of [
		['idleTimout', 'idleTimeout'],
		['idletimeout', 'idleTimeout'],
		['absolutTimeout', 'absoluteTimeout'],
		['keyz', 'keys'],
		['sign', 'signed'],
		['Store', 'store'],
		['cookies', 'cookie'],
		['stores', 'store'],
		['onStoreErrors', 'onStoreError'],
	] as const) {
		const message = `Unknown option \`${given}\`. Did you mean \`${meant}\`?`;
		t.throws(() => start({[given]: 1}), {instanceOf: TypeError, message});
	}

	for (const given of ['toString', 'cookieless', 'x', '']) {
		const error = t.throws(() => start({[given]: undefined}), {instanceOf: TypeError}, 'without a value too');
		t.true(error?.message.startsWith(`Unknown option \`${given}\`. Known names: \`store\`, `));
		t.true(error?.message.endsWith('`skip`, `property`, `deviceBound`.'), error?.message);
	}
});

test('a name that other libraries have for an option leads to ours', t => {
	for (const [options, said] of [
		[
			{maxAge: 'session'},
			'`maxAge`. Here the option is called `idleTimeout`. For sessions that end with the browser, set `permanent: false`.',
		],
		[{ttl: undefined}, '`ttl`. Here the option is called `idleTimeout`.'],
		[{key: 'koa.sess'}, '`key`. Here the option is called `cookie.name`.'],
		[{secret: '5up3rs3cr3t'}, '`secret`. Here the option is called `keys`.'],
		[{prune: 1}, '`prune`. Known names: `store`, '],
		[{cookie: {maxAge: 1}}, '`cookie.maxAge`. Here the option is called `idleTimeout`.'],
		[
			{cookie: {overwrite: true}},
			'`cookie.overwrite`. A response never sets the cookie of the session twice. Leave it out.',
		],
	] as const) {
		const error = t.throws(() => start(options), {instanceOf: TypeError});
		t.true(error?.message.startsWith(`Unknown option ${said}`), error?.message);
	}
});

test('each option of another library that moving-in.md names has a remedy, and none is an option here', async t => {
	const page = await readFile(new URL('../../docs/moving-in.md', import.meta.url), 'utf8');
	const sections = page
		.split('\n## ')
		.filter(section => /^(?:koa-|express-)session|^koa-generic-session/.test(section));
	t.is(sections.length, 3);
	const tables = sections.map(section => section.slice(section.indexOf('| here |')));
	const cells = tables.flatMap(table => table.match(/^\| (`[^|]+) \|/gm) ?? []);
	const names = cells.flatMap(cell => [...cell.matchAll(/`([a-zA-Z]+)(?:: [^`]+)?`/g)].map(([, name]) => name ?? ''));
	t.true(names.length > 30, names.join());
	const ours = ['store', 'prefix', 'signed', 'cookie'];
	// What is no option there, but something of `ctx.session`.
	const members = ['populated', 'regenerate', 'save', 'touch', 'reload'];
	for (const name of names) {
		if (ours.includes(name) || members.includes(name)) continue;
		const error = t.throws(() => start({[name]: 1}), {instanceOf: TypeError}, name);
		t.notRegex(error?.message ?? '', /Known names|Did you mean/, name);
	}
});

test('an unknown name within `cookie` throws and suggests the nearest known one there', t => {
	for (const [given, meant] of [
		['httponly', 'httpOnly'],
		['samesite', 'sameSite'],
		['secured', 'secure'],
		['paths', 'path'],
		['names', 'name'],
		['partitionned', 'partitioned'],
	]) {
		const message = `Unknown option \`cookie.${given}\`. Did you mean \`cookie.${meant}\`?`;
		t.throws(() => start({cookie: {[given ?? '']: 1}}), {instanceOf: TypeError, message});
	}

	for (const given of ['max', 'signed', '__proto']) {
		const message = new RegExp(
			`^Unknown option \`cookie\\.${given}\`\\. Known names: \`cookie\\.name\`, .*\`cookie\\.priority\`\\.$`,
		);
		t.throws(() => start({cookie: {[given]: 1}}), {instanceOf: TypeError, message});
	}
});
