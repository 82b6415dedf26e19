import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {open, readdir} from 'node:fs/promises';
import {join} from 'node:path';
import {text} from 'node:stream/consumers';
import test from 'ava';
import {encrypt} from '../source/codecs/encrypt.ts';
import {RedisStore} from '../source/stores/redis.ts';
import {handleOf, makeId} from '../source/tokens/identifier.ts';
import {hostOfTwoAddresses} from './helpers/faults/two-addresses.ts';
import {run, start} from './helpers/processes/cli.ts';
import {connect, privateRedis} from './helpers/stores/redis.ts';
import {temporaryDirectory} from './helpers/stores/stores.ts';

test('keygen prints a fresh key that can sign and encrypt', async t => {
	// One as a shell starts it.
	const [first, second] = await Promise.all([start(['keygen']).ended, run(['keygen'])]);
	for (const {code, stdout, stderr} of [first, second]) {
		t.is(code, 0);
		t.regex(stdout, /^[\w-]{43}\n$/);
		t.is(stderr, '');
		t.notThrows(() => encrypt([stdout.trim()]));
	}
	t.not(first.stdout, second.stdout);
});

test('with --json, keygen prints JSON', async t => {
	const {code, stdout} = await run(['keygen', '--json']);
	t.is(code, 0);
	t.regex(JSON.parse(stdout).key, /^[\w-]{43}$/);
});

test('help lists every command, and each command lists its options', async t => {
	const {code, stdout, stderr} = await run(['--help']);
	t.is(code, 0);
	t.is(stderr, '');
	t.regex(stdout, /^koa-server-session <command>\n.*^ {2}keygen {2}.*random key/ms);
	for (const args of [['-h'], []]) t.deepEqual(await run(args), {code, stdout, stderr});

	const commands = [...stdout.matchAll(/^ {2}([a-z-]+) /gm)].map(([, name = '']) => name);
	t.deepEqual(commands, ['keygen', 'create-table', 'prune', 'inspect', 'list', 'stats', 'revoke', 'clear', 'migrate']);
	for (const name of commands) {
		const help = await run([name, name === 'list' ? '-h' : '--help']);
		t.is(help.code, 0);
		t.regex(help.stdout, new RegExp(`^koa-server-session ${name} .*--json`, 's'));
		t.is(help.stdout.includes('env:NAME'), name !== 'keygen', name);
	}
});

test('wrong usage does nothing, exits with code 2, and nothing of it is repeated', async t => {
	const [id, url] = [makeId(), 'postgres://user:secret@host/app'];
	const wrong: [string, string[]][] = [
		['Did you mean `keygen`?', ['keygne']],
		['Known names: `keygen`, `create-table`,', ['toString']],
		['Known names: `keygen`, `create-table`,', [url]],
		['Expected no argument, only options', ['prune', url]],
		['Expected `--store URL`', ['create-table']],
		['to begin with one of', ['prune', '--store', 'mysqll://user:secret@host']],
		// One id in 64 begins with a dash.
		...[id, `-${id.slice(1)}`, `--${id.slice(2)}`].flatMap((name): [string, string[]][] => [
			['Known names: `keygen`, `create-table`,', [name]],
			['Expected an id, a token', ['inspect', `${name}x`, '--store', 'memory:']],
			['Expected an id, a token', ['inspect', '--store', 'memory:', name.slice(0, -1)]],
			['Expected an id, a token', ['inspect', '--store', 'memory:', `${name}x.signature`]],
		]),
	];
	for (const [message, args] of wrong) {
		const {code, stdout, stderr} = await run(args);
		t.is(code, 2, message);
		t.is(stdout, '');
		t.true(stderr.includes(message), stderr);
		t.false(stderr.includes(id.slice(2, -1)) || stderr.includes('secret'), stderr);
	}
});

test('a host none of whose addresses answers is a reason, not an empty line', async t => {
	const host = hostOfTwoAddresses(t);
	for (const store of [`redis://${host}`, `memcached://${host}`, `mysql://${host}/app`, `postgres://${host}/app`]) {
		const {code, stdout, stderr} = await run(['inspect', makeId(), '--store', store]);
		t.like({code, stdout}, {code: 1, stdout: ''}, store);
		t.regex(stderr, /ECONNREFUSED\n$/, store);
	}
});

test('create-table makes what a store needs, again and again, or prints the SQL of it', async t => {
	const directory = await temporaryDirectory(t);
	const url = `sqlite:${join(directory, 'sessions.db')}`;
	const {code, stdout} = await run(['create-table', '--store', url, '--print']);
	t.is(code, 0);
	t.regex(stdout, /create table/i);
	t.deepEqual(await readdir(directory), [], 'it is only printed');

	for (let times = 0; times < 2; times++) {
		t.like(await run(['create-table', '--store', 'env:STORE'], {env: {STORE: url}}), {
			code: 0,
			stdout: 'The table can be used.\n',
			stderr: '',
		});
	}

	t.deepEqual(JSON.parse((await run(['create-table', '--store', 'memory:', '--json'])).stdout), {made: 'nothing'});
	const {stderr} = await run(['create-table', '--print', '--store', 'memory:']);
	t.regex(stderr, /other stores have no SQL to print/);
});

const program = join(import.meta.dirname, '../source/cli.ts');

/** Starts the command line with these flags of Node. @param stdout Where its output goes. */
const spawned = async (flags: readonly string[], args: readonly string[], stdout: number | 'pipe') => {
	const child = spawn(process.execPath, ['--no-warnings', ...flags, program, ...args], {
		stdio: ['pipe', stdout, 'pipe'],
	});
	child.stdin?.end();
	const texts = [child.stdout, child.stderr].map(stream => (stream ? text(stream) : ''));
	const [said = '', complained = ''] = await Promise.all(texts);
	if (child.exitCode === null) await once(child, 'exit');
	return {code: child.exitCode, stdout: said, stderr: complained};
};

test('output that is lost is a failure, and a reader that ends early is none', async t => {
	// Opened for reading only, so that each write fails.
	const file = await open(program);
	t.teardown(() => file.close());
	const lost = await spawned([], ['keygen'], file.fd);
	t.is(lost.code, 1);
	t.regex(lost.stderr, /^The output was lost: EBADF: .*\n$/);

	const {child, ended} = start(['keygen']);
	child.stdout?.destroy();
	t.is((await ended).code, 0);
});

test('a list ends at the first line that is lost, and reads no more sessions', async t => {
	const {url} = await privateRedis(t);
	const client = connect(t, url);
	const store = new RedisStore(client);
	const record = {bytes: Buffer.of(1), expiresAt: Date.now() + 3_600_000};
	const count = 200;
	for (let index = 0; index < count; index++) await store.create(`session:${handleOf(makeId())}`, record);
	const commands = async () => Number(/^total_commands_processed:(\d+)/m.exec(await client.info('stats'))?.[1]);
	const args = ['list', '--all', '--store', url];

	const before = await commands();
	const file = await open(program);
	t.teardown(() => file.close());
	const lost = await spawned([], args, file.fd);
	t.is(lost.code, 1);
	t.regex(lost.stderr, /^The output was lost: EBADF: .*\n$/);

	const {child, ended} = start(args);
	child.stdout?.destroy();
	t.like(await ended, {code: 0, stderr: ''});
	const asked = (await commands()) - before;
	t.true(asked < count / 2, `${asked}`);
});

test('on a terminal, `clear` ends nothing if its input ends before the answer', async t => {
	const store = `sqlite:${join(await temporaryDirectory(t), 'sessions.db')}`;
	const asTerminal = ['--import', 'data:text/javascript,process.stdin.isTTY = true'];
	const {code, stdout, stderr} = await spawned(asTerminal, ['clear', '--store', store], 'pipe');
	t.is(code, 0);
	t.is(stdout, 'No session was ended.\n');
	t.regex(stderr, /^End all sessions .* go on: $/);
});
