import {execFile} from 'node:child_process';
import {join} from 'node:path';
import test from 'ava';
import {encrypt} from '../source/codecs/encrypt.ts';

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
		'Known are `keygen`.': ['toString'],
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
