import {randomUUID} from 'node:crypto';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {startApp} from '../helpers/http/app.ts';
import {run, runJson} from '../helpers/processes/cli.ts';
import {all} from '../helpers/stores/all.ts';
import {storesUnderTest, temporaryDirectory} from '../helpers/stores/stores.ts';

const newDatabase = async (t: ExecutionContext): Promise<string> =>
	`sqlite:${join(await temporaryDirectory(t), 'sessions.db')}`;

/** Sessions of a subject, and one of Bob's. */
const start = async (t: ExecutionContext, store: string) => {
	const [prefix, subject] = [`${randomUUID()}:`, `ann ${randomUUID()}`];
	const {sessions} = await startApp(t, {store, prefix}, () => undefined);
	const tokens: string[] = [];
	for (const owner of [subject, subject, subject, 'bob']) {
		tokens.push((await sessions.create({user: owner}, {subject: owner})).token);
	}
	return {sessions, tokens, subject, args: ['--store', store, '--prefix', prefix, '--subject', subject]};
};

test.serial("a subject's sessions are listed, and all but one are ended", async t => {
	const {sessions, tokens, subject, args} = await start(t, await newDatabase(t));
	const listed: {handle: string}[] = await runJson(['list', ...args]);
	t.is(listed.length, 3);
	for (const session of listed) t.like(session, {subject, state: 'session', codec: 1});
	const {stdout} = await run(['list', ...args]);
	for (const {handle} of listed) t.true(stdout.includes(`handle:${handle}  created 20`));

	const nobodys = await run(['revoke', ...args, '--except', `handle:${'A'.repeat(43)}`]);
	t.is(nobodys.code, 1);
	t.regex(nobodys.stderr, /No session was ended$/m);
	t.is((await all(sessions.list(subject))).length, 3);

	t.deepEqual(await runJson(['revoke', ...args, '--except', '-'], {input: tokens[0] ?? ''}), {revoked: 2});
	const [left, ...others] = await all(sessions.list(subject));
	t.is(others.length, 0);
	t.deepEqual(await runJson(['revoke', ...args, '--except', `handle:${left?.handle}`]), {revoked: 0});

	t.like(await run(['revoke', ...args]), {code: 0, stdout: '1 session ended.\n'});
	const hint =
		/^(?:No sessions|0 sessions ended)\. If the application sets another prefix than `.*`, pass it with `--prefix`\.\n$/;
	for (const command of ['list', 'revoke']) {
		const {code, stdout} = await run([command, ...args]);
		t.is(code, 0);
		t.regex(stdout, hint);
	}
	t.is((await all(sessions.list('bob'))).length, 1);
});

test('a subject that no session can have is wrong usage, such as that of a variable that is not set', async t => {
	const store = await newDatabase(t);
	for (const command of ['list', 'revoke']) {
		for (const subject of ['', 'x'.repeat(256)]) {
			const {code, stdout, stderr} = await run([command, '--store', store, `--subject=${subject}`]);
			t.is(code, 2);
			t.is(stdout, '');
			t.regex(stderr, /^Expected `--subject` to be a text of 1 to 255 characters/);
		}
	}
});

// The commands are the same for all stores: here each store shows that they open it, use its index, and end.
for (const {name, url} of storesUnderTest) {
	if (!url || name === 'sqlite') continue;
	if (name === 'memcached') {
		test.serial(`${name}: without an index of subjects, both commands say so`, async t => {
			const args = ['--store', await url(t), '--subject', 'ann'];
			for (const command of ['list', 'revoke']) {
				const {code, stdout, stderr} = await run([command, ...args]);
				t.is(code, 1);
				t.is(stdout, '');
				t.regex(stderr, /^This store keeps no index of subjects/);
			}
		});
		continue;
	}

	test.serial(`${name}: a subject's sessions are listed and ended`, async t => {
		const {sessions, subject, args} = await start(t, await url(t));
		const listed: {handle: string}[] = await runJson(['list', ...args]);
		t.is(listed.length, 3);
		const [first] = listed;
		t.deepEqual(await runJson(['revoke', ...args, '--except', `handle:${first?.handle}`]), {revoked: 2});
		t.deepEqual(
			(await all(sessions.list(subject))).map(({handle}) => handle),
			[first?.handle],
		);
		t.is((await all(sessions.list('bob'))).length, 1);
	});
}

test.serial('sessions that only another codec can read are listed and ended as well', async t => {
	const store = await newDatabase(t);
	const {sessions} = await startApp(
		t,
		{
			store,
			codec: function* (stored) {
				const session = yield stored && {createdAt: 1, permanent: true, data: {}};
				return session && Buffer.from('mine');
			},
		},
		() => undefined,
	);
	await sessions.create({}, {subject: 'ann'});
	const [listed] = await runJson(['list', '--store', store, '--subject', 'ann']);
	t.like(listed, {subject: 'ann', bytes: 5});
	t.false('createdAt' in listed);
	t.deepEqual(await runJson(['revoke', '--store', store, '--subject', 'ann']), {revoked: 1});
});
