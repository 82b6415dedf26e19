import test from 'ava';
import {RedisStore} from '../../source/stores/redis.ts';
import {startApp} from '../helpers/http/app.ts';
import {run, runJson} from '../helpers/processes/cli.ts';
import {all} from '../helpers/stores/all.ts';
import {connect, privateRedis} from '../helpers/stores/redis.ts';

test('sessions of a client with a prefix of its own are ended and moved by its prefix, and by no other', async t => {
	const [{url}, {url: target}] = [await privateRedis(t), await privateRedis(t)];
	const store = new RedisStore(connect(t, url, 'shop:'));
	const {sessions} = await startApp(t, {store}, () => undefined);
	await sessions.create({views: 1});
	await sessions.create({views: 1}, {subject: 'ann'});
	await sessions.create({views: 1}, {subject: 'ann'});

	const both = ['--prefix', 'shop:session:'];
	for (const args of [
		['revoke', '--store', url, '--subject', 'ann', ...both],
		['list', '--store', url, '--subject', 'ann', ...both],
		['list', '--store', url, '--subject', 'ann', '--json', ...both],
		['migrate', '--from', url, '--to', target, ...both],
	]) {
		const {code, stdout, stderr} = await run(args);
		t.is(code, 1, args[0]);
		t.is(stdout, '');
		t.regex(stderr, /not in the index of subjects, and changed nothing\..* `keyPrefix`, name it in the URL/);
	}
	t.is(await connect(t, target).dbsize(), 0);

	const own = `${url}?keyPrefix=shop:`;
	t.like(await runJson(['migrate', '--from', own, '--to', `${target}?keyPrefix=shop:`]), {copied: 3, failed: 0});
	const moved = new RedisStore(connect(t, target, 'shop:'));
	const {sessions: movedSessions} = await startApp(t, {store: moved}, () => undefined);
	t.is((await all(movedSessions.list('ann'))).length, 2);
	t.is(await movedSessions.revoke('ann'), 2);

	t.deepEqual(await runJson(['revoke', '--store', own, '--subject', 'ann']), {revoked: 2});
	t.is((await all(sessions.list('ann'))).length, 0);
	t.deepEqual(await runJson(['revoke', '--store', own, '--subject', 'ann']), {revoked: 0});
});
