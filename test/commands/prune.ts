import {once} from 'node:events';
import {createServer} from 'node:net';
import {join} from 'node:path';
import test from 'ava';
import {open} from '../../source/stores/open.ts';
import {systemClock} from '../../source/testing/index.ts';
import {run, runJson} from '../helpers/processes/cli.ts';
import {redisUrl} from '../helpers/stores/redis.ts';
import {temporaryDirectory} from '../helpers/stores/stores.ts';

test('expired sessions are deleted and counted, even if they take several steps', async t => {
	const url = `sqlite:${join(await temporaryDirectory(t), 'sessions.db')}`;
	const store = await open(url);
	t.teardown(() => store.close?.());
	const end = Date.now() + 3000;
	for (let count = 0; count < 1001; count++)
		await store.create(`session:${count}`, {bytes: Buffer.of(1), expiresAt: end});
	await store.create('session:live', {bytes: Buffer.of(1), expiresAt: end + 3_600_000});
	await systemClock().advance(end - Date.now());

	t.like(await run(['prune', '--store', url]), {code: 0, stdout: '1,001 expired sessions deleted.\n', stderr: ''});
	t.deepEqual(await runJson(['prune', '--store', url]), {pruned: 0, expiresByItself: false});
	t.truthy(await store.read('session:live'));
});

test('for a store that deletes expired sessions itself, it says so', async t => {
	const url = await redisUrl();
	t.regex((await run(['prune', '--store', url])).stdout, /^Nothing to do/);
	t.deepEqual(await runJson(['prune', '--store', url]), {pruned: 0, expiresByItself: true});
});

test("if a store can't be reached, the error says why and shows no password", async t => {
	const server = createServer();
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const {port} = server.address() as {port: number};
	server.close();
	const {code, stdout, stderr} = await run(['prune', '--store', `postgres://user:secret@127.0.0.1:${port}/app`]);
	t.is(code, 1);
	t.is(stdout, '');
	t.regex(stderr, /ECONNREFUSED/);
	t.notRegex(stderr, /secret/);
});
