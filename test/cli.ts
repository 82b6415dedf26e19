import {join} from 'node:path';
import test from 'ava';
import {encrypt} from '../source/codecs/encrypt.ts';
import {makeId} from '../source/identifier.ts';
import {run} from './helpers/cli.ts';
import {temporaryDirectory} from './helpers/stores.ts';

test('keygen prints a fresh key that can sign and encrypt', async t => {
	const [first, second] = await Promise.all([run(['keygen']), run(['keygen'])]);
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

test('help names every command, and each with its options', async t => {
	const overviews = await Promise.all([['--help'], ['-h'], []].map(args => run(args)));
	for (const {code, stdout, stderr} of overviews) {
		t.is(code, 0);
		t.is(stderr, '');
		t.regex(stdout, /^koa-server-session <command>\n.*^ {2}keygen {2}.*random key/ms);
	}

	const commands = [...(overviews[0]?.stdout.matchAll(/^ {2}([a-z-]+) /gm) ?? [])].map(([, name = '']) => name);
	t.deepEqual(commands, ['keygen', 'create-table', 'prune', 'inspect', 'list', 'revoke', 'migrate']);
	for (const name of commands) {
		const [long, short] = await Promise.all([run([name, '--help']), run([name, '-h'])]);
		t.is(long.code, 0);
		t.deepEqual(short, long);
		t.regex(long.stdout, new RegExp(`^koa-server-session ${name} .*--json`, 's'));
		t.is(long.stdout.includes('env:NAME'), name !== 'keygen', name);
	}
});

test('what is not understood does nothing, and ends with exit code 2', async t => {
	const wrong = {
		'Did you mean `keygen`?': ['keygne'],
		'Known are `keygen`, `create-table`,': ['toString'],
		'Expected no argument beside the options': ['keygen', 'again'],
		'Unknown option `--length`': ['keygen', '--length', '8'],
		'Did you mean `--store`?': ['prune', '--stroe=memory:'],
		'Expected `--json` without a value': ['keygen', '--json=yes'],
		'Expected `--store URL`': ['create-table'],
		'Expected `--store` to be followed by its value': ['prune', '--store'],
		'as `--store=URL` if that begins with a dash': ['prune', '--store', '--json'],
		'Expected options of two dashes': ['prune', '-s', 'memory:'],
		'Expected `--subject TEXT`': ['list', '--store', 'memory:'],
		'Expected ID.': ['inspect', '--store', 'memory:'],
		'Expected one ID': ['inspect', 'one', 'two', '--store', 'memory:'],
		'Expected `--prefix` to be': ['list', '--store', 'memory:', '--subject', 'ann', '--prefix', 'a b'],
		'to begin with one of': ['prune', '--store', 'nothing'],
		'as NOT_SET_ANYWHERE': ['prune', '--store', 'env:NOT_SET_ANYWHERE'],
	};
	const entries = Object.entries(wrong);
	for (let index = 0; index < entries.length; index += 4) {
		await Promise.all(
			entries.slice(index, index + 4).map(async ([message, args]) => {
				const {code, stdout, stderr} = await run(args);
				t.is(code, 2, message);
				t.is(stdout, '');
				t.true(stderr.includes(message), stderr);
			}),
		);
	}
});

test('no complaint shows what may be an id or a password, wherever it stands', async t => {
	const url = 'postgres://user:secret@host/app';
	for (const id of [makeId(), `-${makeId().slice(1)}`]) {
		for (const args of [
			[id],
			[url],
			['keygen', id],
			['prune', url],
			['prune', '--store', 'memory:?secret=1'],
			['prune', '--store', `mysqll://user:secret@host`],
			['prune', '--store', 'env:secret:'],
			['inspect', `${id}x`, '--store', 'memory:'],
			['inspect', id, id, '--store', 'memory:'],
			['inspect', id, `--stroe=${url}`],
			['inspect', '--store', url, `--${id}`],
			['revoke', '--store', 'memory:', '--subject', 'ann', '--except', `${id}x`],
		]) {
			const {code, stdout, stderr} = await run(args);
			t.is(code, 2, args.join(' '));
			t.is(stdout, '');
			t.regex(stderr, /^(?:Expected|Unknown) /);
			t.false(stderr.includes(id.slice(1)) || stderr.includes('secret'), stderr);
		}
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
	t.regex(stderr, /since others have no SQL/);
});
