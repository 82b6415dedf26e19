import {randomUUID} from 'node:crypto';
import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import type {SessionOptions} from '../../source/index.ts';
import {makeId} from '../../source/tokens/identifier.ts';
import {startApp} from '../helpers/http/app.ts';
import {run, runJson} from '../helpers/processes/cli.ts';
import {all} from '../helpers/stores/all.ts';
import {temporaryDirectory} from '../helpers/stores/stores.ts';

/** An application on a store that other processes can open. */
const startOn = async (t: ExecutionContext, options: SessionOptions = {}) => {
	const url = `file:${await temporaryDirectory(t)}`;
	const {sessions, client} = await startApp(t, {store: url, ...options}, async ({session, path}) => {
		if (path === '/login') Object.assign(session, {user: 'ada', token: 'secret'});
		if (path === '/regenerate') await session.regenerate();
	});
	return {url, sessions, client};
};

const data = {
	user: 'ada',
	views: 3,
	cart: ['pear', 'plum'],
	since: new Date(0),
	note: null,
	'k\u009B\n': new Map([[1, 2]]),
};

test('a session is shown by id, token, handle or key, as an argument or from standard input', async t => {
	const {url, sessions} = await startOn(t);
	const {id, token} = await sessions.create(data, {subject: 'ann'});
	const [listed] = await all(sessions.list('ann'));
	const handle = listed?.handle ?? '';

	const names = [id, token, `handle:${handle}`, `session:${handle}`];
	const shown = await Promise.all(names.map(name => run(['inspect', name, '--store', url])));
	shown.push(await run(['inspect', '-', '--store', 'env:SESSIONS'], {input: `${token}\n`, env: {SESSIONS: url}}));
	for (const {code, stdout, stderr} of shown) {
		t.is(stderr, '');
		t.is(code, 0);
		t.true(stdout.includes(`handle     ${handle}\nstate      session\nsubject    "ann"\ncreated    20`), stdout);
		t.regex(
			stdout,
			/^expires {4}20.*Z, in 23 hours\npermanent {2}yes\nsize {7}\d+ bytes\ncodec {6}number 1 of the list$/m,
		);
		t.regex(stdout, /^"user" {3,}text 3\n"views" +number\n"cart" +array 2\n"since" +date\n"note" +null$/m);
		for (const hidden of ['ada', 'pear', id, token]) t.false(stdout.includes(hidden));
	}
});

test('an id that begins with a dash works too', async t => {
	const {url} = await startOn(t);
	const {code, stderr} = await run(['inspect', `-${makeId().slice(1)}`, '--store', url]);
	t.is(code, 1);
	t.regex(stderr, /^No live session of that name has the prefix `session:`. If this is a handle/);
});

test('data is shown on demand, and nothing in it reaches the terminal raw', async t => {
	const {url, sessions} = await startOn(t);
	const hostile = {title: 'a\u001B[2J\u009B31m\u202Eb\n', ...data};
	const {id} = await sessions.create(hostile, {subject: 'x\u001B]0;y\u0007'});

	for (const args of [[], ['--show-data'], ['--json'], ['--json', '--show-data']]) {
		const {code, stdout} = await run(['inspect', id, '--store', url, ...args]);
		t.is(code, 0);
		t.notRegex(stdout, /(?!\n)[\p{Cc}\p{Bidi_Control}]/u);
		t.is(stdout.includes('pear'), args.includes('--show-data'));
	}

	const shown = await runJson(['inspect', id, '--store', url, '--show-data']);
	t.like(shown, {subject: 'x\u001B]0;y\u0007', state: 'session', permanent: true, codec: 1, isReadable: true});
	t.like(shown.data, {title: hostile.title, user: 'ada', since: {$date: 0}, 'k\u009B\n': {$map: [[1, 2]]}});
	t.false('fields' in shown);

	const redacted = await runJson(['inspect', id, '--store', url]);
	t.false('data' in redacted);
	t.deepEqual(redacted.fields[0], {name: 'title', type: 'text', size: hostile.title.length});
});

test('a record of another codec is shown without its data; with that codec, all of it', async t => {
	const file = join(await temporaryDirectory(t), 'session-codec.ts');
	const [codec, encryption] = ['codec', 'codecs/encrypt'].map(name =>
		JSON.stringify(new URL(`../../source/${name}.ts`, import.meta.url)),
	);
	await writeFile(
		file,
		`import {codec} from ${codec};
		import {json} from ${JSON.stringify(new URL('../../source/codecs/json.ts', import.meta.url))};
		import {encrypt} from ${encryption};
		export default [json(), codec(json(), encrypt(['an encryption key of 32 characters']))];`,
	);
	const {url, sessions} = await startOn(t, {codec: (await import(file)).default});
	const {id} = await sessions.create(data, {subject: 'ann'});

	const {code, stdout} = await run(['inspect', id, '--store', url, '--show-data']);
	t.is(code, 0);
	t.regex(
		stdout,
		/^subject {2}"ann"\nexpires .*\nsize .*\ncodec {4}number 2 of the list\n\nOnly the codec that wrote this/m,
	);
	t.like(await runJson(['inspect', id, '--store', url]), {isReadable: false, codec: 2});
	t.like(await runJson(['inspect', id, '--store', url, '--codec', file, '--show-data']), {
		isReadable: true,
		data: {user: 'ada'},
	});

	const wrong = join(await temporaryDirectory(t), 'wrong.mjs');
	await writeFile(wrong, 'export default {};');
	t.like(await run(['inspect', id, '--store', url, '--codec', wrong]), {code: 2, stdout: ''});
	t.like(await run(['inspect', id, '--store', url, '--codec', `${wrong}.mjs`]), {code: 1, stdout: ''});
});

test('the old id of a session that has a new one says that it moved', async t => {
	const prefix = `${randomUUID()}:`;
	const {url, client} = await startOn(t, {prefix});
	const visitor = client();
	await visitor.get('/login');
	const old = visitor.cookies.get('sid') ?? '';
	await visitor.get('/regenerate');

	const moved = await runJson(['inspect', '-', '--store', url, '--prefix', prefix], {input: old});
	t.is(moved.state, 'moved');
	const successor = await runJson(['inspect', `handle:${moved.successor}`, '--store', url, '--prefix', prefix]);
	t.like(successor, {state: 'session', fields: [{name: 'user'}, {name: 'token'}]});
	t.like(await run(['inspect', `${prefix}${moved.successor}`, '--store', url]), {code: 2});
});
