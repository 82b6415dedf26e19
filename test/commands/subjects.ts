import {randomUUID} from 'node:crypto';
import {join} from 'node:path';
import test from 'ava';
import {startApp} from '../helpers/http/app.ts';
import {run, runJson} from '../helpers/processes/cli.ts';
import {all} from '../helpers/stores/all.ts';
import {storesUnderTest, temporaryDirectory} from '../helpers/stores/stores.ts';

for (const {name, url: newUrl} of storesUnderTest) {
	if (!newUrl) continue;

	test.serial(`${name}: a subject's sessions are listed and ended, but for one`, async t => {
		const [store, prefix, subject] = [await newUrl(t), `${randomUUID()}:`, `ann ${randomUUID()}`];
		const {sessions} = await startApp(t, {store, prefix}, () => undefined);
		const tokens: string[] = [];
		for (const owner of [subject, subject, subject, 'bob']) {
			tokens.push((await sessions.create({user: owner}, {subject: owner})).token);
		}
		const args = ['--store', store, '--prefix', prefix, '--subject', subject];

		if (name === 'memcached') {
			for (const command of ['list', 'revoke']) {
				const {code, stdout, stderr} = await run([command, ...args]);
				t.is(code, 1);
				t.is(stdout, '');
				t.regex(stderr, /^This store keeps no index of subjects/);
			}
			return;
		}

		const listed: {handle: string}[] = await runJson(['list', ...args]);
		t.is(listed.length, 3);
		for (const session of listed) t.like(session, {subject, state: 'session', codec: 1});
		const {stdout} = await run(['list', ...args]);
		for (const {handle} of listed) t.true(stdout.includes(`handle:${handle}  created 20`));

		const nobodys = await run(['revoke', ...args, '--except', `handle:${'A'.repeat(43)}`]);
		t.is(nobodys.code, 1);
		t.regex(nobodys.stderr, /No session was ended$/m);
		t.is((await runJson(['list', ...args])).length, 3);

		t.deepEqual(await runJson(['revoke', ...args, '--except', '-'], {input: tokens[0] ?? ''}), {revoked: 2});
		const [left, ...others] = await runJson(['list', ...args]);
		t.is(others.length, 0);
		t.deepEqual(await runJson(['revoke', ...args, '--except', `handle:${left.handle}`]), {revoked: 0});

		t.like(await run(['revoke', ...args]), {code: 0, stdout: '1 session ended.\n'});
		t.like(await run(['list', ...args]), {code: 0, stdout: 'No sessions.\n'});
		t.is((await all(sessions.list('bob'))).length, 1);
	});
}

test('sessions that only another codec can read are listed and ended as well', async t => {
	const store = `sqlite:${join(await temporaryDirectory(t), 'sessions.db')}`;
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
