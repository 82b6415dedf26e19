import {randomUUID} from 'node:crypto';
import {join} from 'node:path';
import test from 'ava';
import {codecList} from '../../source/codecs/codec-list.ts';
import {main} from '../../source/commands/main.ts';
import {describeAll} from '../../source/commands/walk.ts';
import {type Envelope, json} from '../../source/index.ts';
import {MemoryStore} from '../../source/stores/memory.ts';
import {handleOf, makeId} from '../../source/tokens/identifier.ts';
import {startApp} from '../helpers/http/app.ts';
import {Barrier} from '../helpers/order/barrier.ts';
import {run, runJson} from '../helpers/processes/cli.ts';
import {memcachedUrl} from '../helpers/stores/memcached.ts';
import {redisUrl} from '../helpers/stores/redis.ts';
import {temporaryDirectory} from '../helpers/stores/stores.ts';
import {watch} from '../helpers/stores/watched-store.ts';

for (const name of ['sqlite', 'redis'] as const) {
	test(`${name}: all sessions are listed, counted and ended`, async t => {
		const store = name === 'redis' ? await redisUrl() : `sqlite:${join(await temporaryDirectory(t), 'sessions.db')}`;
		const prefix = `${randomUUID()}:`;
		const args = ['--store', store, '--prefix', prefix];
		const hint = `If the application sets another prefix than \`${prefix}\`, pass it with \`--prefix\`.\n`;
		t.like(await run(['stats', ...args]), {code: 0, stdout: `No sessions. ${hint}`});
		t.like(await run(['list', '--all', ...args]), {code: 0, stdout: `No sessions. ${hint}`});
		t.like(await run(['clear', '--yes', ...args]), {code: 0, stdout: `0 sessions ended. ${hint}`});
		const {sessions} = await startApp(t, {store, prefix}, () => undefined);
		await sessions.create({user: 'Ada'}, {subject: 'ada\u001B]0;y\u0007'});
		await sessions.create({user: 'Eve'}, {subject: 'eve', idleTimeout: '1h'});
		await sessions.create({});

		const listed: {subject?: string; idleTimeout?: number}[] = await runJson(['list', '--all', ...args]);
		t.is(listed.length, 3);
		t.is(listed.filter(({subject}) => subject === undefined).length, 1);
		t.is(listed.find(({subject}) => subject === 'eve')?.idleTimeout, 3_600_000);
		const {stdout} = await run(['list', '--all', ...args]);
		t.regex(stdout, /^handle:[\w-]{43} {2}no subject, created 20/m);
		t.regex(stdout, /^handle:[\w-]{43} {2}subject "eve", created 20/m);
		t.false(stdout.includes('\u001B'));

		const stats = await runJson(['stats', ...args]);
		t.like(stats, {sessions: 3, withSubject: 2});
		t.true(stats.bytes > stats.largest && stats.largest > 0);
		t.true(Date.parse(stats.oldest) <= Date.now() && Date.parse(stats.nextToEnd) > Date.now());
		t.regex(
			(await run(['stats', ...args])).stdout,
			/^sessions {8}3\n.*\nwithout {9}1\n[\s\S]*^next to end {5}in 59 minutes$/m,
		);

		const refused = await run(['clear', ...args]);
		t.like(refused, {code: 2, stdout: ''});
		t.regex(refused.stderr, /--yes/);
		t.is(await sessions.count(), 3);
		t.like(await run(['clear', '--yes', ...args]), {code: 0, stdout: '3 sessions ended.\n'});
		t.is(await sessions.count(), 0);
		t.deepEqual(await runJson(['clear', '--yes', ...args]), {ended: 0});
	});
}

test('a terminal sees how far they are, and `list` keeps nothing that it can print', async t => {
	const store = `sqlite:${join(await temporaryDirectory(t), 'sessions.db')}`;
	const {sessions} = await startApp(t, {store}, () => undefined);
	for (let index = 0; index < 3; index++) await sessions.create({});
	const runOn = async (args: readonly string[], terminal: 'stdout' | 'stderr') => {
		const said: Record<'stdout' | 'stderr', string[]> = {stdout: [], stderr: []};
		const toStream = (name: 'stdout' | 'stderr') => ({
			isTTY: name === terminal,
			write(text: string, done?: () => void) {
				said[name].push(text);
				done?.();
			},
		});
		t.is(await main([...args, '--store', store], {stdout: toStream('stdout'), stderr: toStream('stderr')}), 0);
		return said;
	};

	const {stdout, stderr} = await runOn(['list', '--all'], 'stderr');
	t.is(stdout.length, 3);
	for (const line of stdout) t.regex(line, /^handle:.*\n$/);
	t.regex(stderr[0] ?? '', /1 session$/);
	t.is(stderr.at(-1), '\r\u001B[K', 'and it is gone in the end');
	t.deepEqual((await runOn(['list', '--all'], 'stdout')).stderr, [], 'where it would be in the way of the list');
	const listed = await runOn(['list', '--all', '--json'], 'stderr');
	t.deepEqual(listed.stderr, []);
	t.is(listed.stdout.length, 4, 'each session at once, then the end');
	t.is(JSON.parse(listed.stdout.join('')).length, 3);
	for (const args of [['stats'], ['clear', '--yes']]) {
		t.regex((await runOn(args, 'stderr')).stderr[0] ?? '', /1 session$/, args[0]);
	}
});

test('a walk reads several records at once, in the order of their keys', async t => {
	const store = watch(new MemoryStore());
	const keys = Array.from({length: 20}, () => `session:${handleOf(makeId())}`).sort();
	for (const key of keys) {
		const bytes = Buffer.from(JSON.stringify({createdAt: Date.now(), permanent: true, data: {}}));
		await store.create(key, {bytes: Buffer.concat([Buffer.from([1]), bytes]), expiresAt: Date.now() + 60_000});
	}
	const all = new Barrier(16);
	let reads = 0;
	store.around = async (operation, call) => {
		if (operation === 'read' && ++reads <= 16) await all.wait();
		return call();
	};
	const pages = async function* () {
		yield keys;
	};
	const found: string[] = [];
	const codec = codecList([json<Envelope>()]);
	for await (const {handle} of describeAll(store, pages(), 'session:', codec)) found.push(`session:${handle}`);
	t.deepEqual(found, keys);
});

test('a store that has no list says what to do instead', async t => {
	const store = await memcachedUrl();
	for (const command of [['list', '--all'], ['stats'], ['clear', '--yes']]) {
		const {code, stderr} = await run([...command, '--store', store]);
		t.is(code, 1);
		t.regex(stderr, /can't list what it has.*signing keys/s);
	}
	for (const options of [[], ['--all', '--subject', 'ada']]) {
		const {code, stderr} = await run(['list', '--store', store, ...options]);
		t.is(code, 2);
		t.regex(stderr, /either `--subject TEXT` or `--all`/);
	}
});
