import {execFile} from 'node:child_process';
import {join} from 'node:path';
import test from 'ava';
import {encrypt} from '../source/codecs/encrypt.ts';
import {temporaryDirectory} from './helpers/stores.ts';

const program = join(import.meta.dirname, '../source/cli.ts');

/** Runs the command line as a shell would. */
const run = (...args: readonly string[]): Promise<{code: number; stdout: string; stderr: string}> =>
	new Promise(resolve => {
		const child = execFile(process.execPath, [program, ...args], (_error, stdout, stderr) =>
			resolve({code: child.exitCode ?? -1, stdout, stderr}),
		);
	});

test('keygen prints a fresh key that can sign and encrypt', async t => {
	const [first, second] = await Promise.all([run('keygen'), run('keygen')]);
	for (const {code, stdout, stderr} of [first, second]) {
		t.is(code, 0);
		t.regex(stdout, /^[\w-]{43}\n$/);
		t.is(stderr, '');
		t.notThrows(() => encrypt([stdout.trim()]));
	}
	t.not(first.stdout, second.stdout);
});

test('with --json, keygen prints JSON', async t => {
	const {code, stdout} = await run('keygen', '--json');
	t.is(code, 0);
	t.regex(JSON.parse(stdout).key, /^[\w-]{43}$/);
});

test('help names every command, and its options', async t => {
	for (const args of [['--help'], ['-h'], []]) {
		const {code, stdout, stderr} = await run(...args);
		t.is(code, 0);
		t.is(stderr, '');
		t.regex(stdout, /^koa-server-session <command>\n.*^ {2}keygen {2}.*random key/ms);
	}

	for (const flag of ['--help', '-h']) {
		const {code, stdout} = await run('keygen', flag);
		t.is(code, 0);
		t.regex(stdout, /^koa-server-session keygen\n.*random key.*--json/s);
	}
});

test('what is not understood does nothing, and ends with exit code 2', async t => {
	const wrong = {
		'Did you mean `keygen`?': ['keygne'],
		'Known are `keygen`, `create-table`.': ['toString'],
		"Unexpected argument 'again'": ['keygen', 'again'],
		"Unknown option '--length'": ['keygen', '--length', '8'],
	};
	for (const [message, args] of Object.entries(wrong)) {
		const {code, stdout, stderr} = await run(...args);
		t.is(code, 2);
		t.is(stdout, '');
		t.true(stderr.includes(message), stderr);
	}
});

test('create-table makes what a store needs, again and again, or prints the SQL of it', async t => {
	const url = `sqlite:${join(await temporaryDirectory(t), 'sessions.db')}`;
	const {code, stdout} = await run('create-table', '--store', url, '--print');
	t.is(code, 0);
	t.regex(stdout, /create table/i);

	for (let times = 0; times < 2; times++) {
		t.like(await run('create-table', '--store', url), {code: 0, stdout: 'The table can be used.\n', stderr: ''});
	}

	t.deepEqual(JSON.parse((await run('create-table', '--store', 'memory:', '--json')).stdout), {made: 'nothing'});
});

test('a store that is missing, unknown or has no SQL is an error that shows no password', async t => {
	const password = 'not to be shown';
	const wrong = {
		'Expected `--store` to name a store': ['create-table'],
		'to begin with one of': ['create-table', '--store', `mysqll://user:${password}@host/app`],
		'since others have no SQL': ['create-table', '--print', '--store', 'memory:'],
	};
	for (const [message, args] of Object.entries(wrong)) {
		const {code, stdout, stderr} = await run(...args);
		t.is(code, 1);
		t.is(stdout, '');
		t.true(stderr.includes(message), stderr);
		t.false(stderr.includes(password));
	}
});
