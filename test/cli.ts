import {execFile} from 'node:child_process';
import {join} from 'node:path';
import test from 'ava';
import {encrypt} from '../source/codecs/encrypt.ts';
import {makeId} from '../source/tokens/identifier.ts';
import {run, start} from './helpers/processes/cli.ts';
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

test('create-table makes what a store needs, again and again, or prints the SQL of it', async t => {
	const url = `sqlite:${join(await temporaryDirectory(t), 'sessions.db')}`;
	const {code, stdout} = await run(['create-table', '--store', url, '--print']);
	t.is(code, 0);
	t.regex(stdout, /create table/i);

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

/** Runs a line of a shell, and says how it ended. */
const runLine = (line: string): Promise<{code: number; stdout: string; stderr: string}> =>
	new Promise(resolve => {
		const child = execFile('bash', ['-c', line], (_error, stdout, stderr) =>
			resolve({code: child.exitCode ?? -1, stdout, stderr}),
		);
	});

const onLinux = process.platform === 'linux' ? test : test.skip;

onLinux('output that is lost is a failure, and a reader that ends early is none', async t => {
	const keygen = `'${process.execPath}' --no-warnings '${program}' keygen`;
	const lost = await runLine(`${keygen} > /dev/full`);
	t.is(lost.code, 1);
	t.is(lost.stderr, 'The output was lost: ENOSPC: no space left on device, write\n');
	t.is((await runLine(`set -o pipefail; ${keygen} | true`)).code, 0);
	t.is((await runLine(`set -o pipefail; ${keygen} --unknown 2> >(true)`)).code, 2);
});

onLinux('on a terminal, `clear` ends nothing if nobody answers', async t => {
	const store = `sqlite:${join(await temporaryDirectory(t), 'sessions.db')}`;
	// `script` makes a terminal, in which the end of its input is Ctrl+D.
	const clear = `'${process.execPath}' --no-warnings '${program}' clear --store ${store}`;
	const {code, stdout} = await runLine(`sleep 1 | script -qec "${clear}" /dev/null`);
	t.is(code, 0);
	t.regex(stdout, /go on: .*No session was ended\./s);
});
