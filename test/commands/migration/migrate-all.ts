import {setImmediate as nextTurn} from 'node:timers/promises';
import test from 'ava';
import {migrateAll} from '../../../source/commands/migration/migrate-all.ts';
import {type Progress, progressOn, silent} from '../../../source/commands/migration/progress.ts';
import {MemoryStore} from '../../../source/stores/memory.ts';
import {NullStore} from '../../../source/stores/null.ts';
import {systemClock} from '../../../source/testing/index.ts';
import {handleOf, makeId} from '../../../source/tokens/identifier.ts';
import {broken} from '../../helpers/faults/broken-store.ts';
import {keysOf} from '../../helpers/stores/keys-of.ts';
import {collectionUrl, openStore} from '../../helpers/stores/mongodb.ts';
import {watch} from '../../helpers/stores/watched-store.ts';

const record = {bytes: Buffer.of(1, 2, 3), expiresAt: Date.now() + 3_600_000};

const filled = async (count: number, prefix = 'session:'): Promise<MemoryStore> => {
	const store = new MemoryStore();
	for (let index = 0; index < count; index++) await store.create(prefix + handleOf(makeId()), record);
	return store;
};

test('only sessions with the prefix are copied', async t => {
	const from = await filled(50);
	for (const key of ['session:', `session:${'x'.repeat(42)}`, 'cache:session:', `other:${handleOf(makeId())}`]) {
		await from.create(key, record);
	}
	const to = new MemoryStore();
	const {counts, failures} = await migrateAll({from, to, isMirror: false}, 'session:', silent);
	t.like(counts, {copied: 50, failed: 0});
	t.deepEqual(failures, []);
	t.is((await keysOf(to.keys(''))).length, 50);
	t.like((await migrateAll({from, to, isMirror: false}, 'other:', silent)).counts, {copied: 1});
	t.like((await migrateAll({from, to, isMirror: false}, '', silent)).counts, {copied: 0, present: 0});
});

test('only a few sessions are copied at a time, even if there are many', async t => {
	const [from, to] = [watch(await filled(500)), new MemoryStore()];
	let [underWay, most] = [0, 0];
	from.around = async (_operation, call) => {
		most = Math.max(most, ++underWay);
		await nextTurn();
		const result = await call();
		underWay--;
		return result;
	};
	await migrateAll({from, to, isMirror: false}, 'session:', silent);
	t.true(most > 1 && most <= 32, `${most}`);
});

test('with --mirror the target becomes like the source, unless the source has no sessions', async t => {
	const [from, to] = [await filled(5), await filled(7)];
	await to.create('cache:1', record);
	t.like((await migrateAll({from, to, isMirror: true}, 'session:', silent)).counts, {copied: 5, deleted: 7});
	t.truthy(await to.read('cache:1'));

	const empty = migrateAll({from: new MemoryStore(), to, isMirror: true}, 'session:', silent);
	await t.throwsAsync(empty, {message: /no live sessions, so the target was not changed/});
	t.like((await migrateAll({from: to, to: from, isMirror: false}, 'session:', silent)).counts, {present: 5});
});

test('with --mirror, a source whose sessions have all expired changes nothing, though it still lists them', async t => {
	const [from, to] = [await openStore(t, await collectionUrl()), await filled(2)];
	const expiresAt = Date.now() + 3000;
	await from.create(`session:${handleOf(makeId())}`, {...record, expiresAt});
	await systemClock().advance(expiresAt - Date.now());
	t.is((await keysOf(from.keys?.('session:'))).length, 1);

	const expired = migrateAll({from, to, isMirror: true}, 'session:', silent);
	await t.throwsAsync(expired, {message: /no live sessions, so the target was not changed/});
	t.is((await keysOf(to.keys('session:'))).length, 2);
});

test('failures are counted and listed, and the rest is copied', async t => {
	const [from, to] = [await filled(50), watch(new MemoryStore())];
	let calls = 0;
	to.around = async (operation, call) => {
		if (operation === 'create' && ++calls % 10 === 0) throw new Error('No space');
		return call();
	};
	const notes: string[] = [];
	const progress: Progress = {...silent, note: line => notes.push(line)};
	const {counts, failures} = await migrateAll({from, to, isMirror: false}, 'session:', progress);
	t.like(counts, {copied: 45, failed: 5});
	t.is(failures.length, 5);
	for (const {session, reason} of failures) {
		t.regex(session, /^[\w-]{8}$/);
		t.is(reason, 'No space');
		t.true(notes.includes(`${session}…: No space`));
	}
});

test('a store that is out of order ends the migration', async t => {
	const [from, to] = [watch(await filled(500)), watch(new MemoryStore())];
	to.around = async (operation, call) => {
		if (operation === 'create') throw new Error('No space');
		return call();
	};
	const migration = {from, to, isMirror: true};
	await t.throwsAsync(migrateAll(migration, 'session:', silent), {
		message: /^Stopped after 100 failures. The last one: No space/,
	});
	t.true(from.calls.length < 150, `${from.calls.length}`);

	to.around = async () => Promise.reject(new Error('There is no table'));
	from.calls.length = 0;
	await t.throwsAsync(migrateAll(migration, 'session:', silent), {message: 'There is no table'});
	t.deepEqual(from.calls, []);

	const unlisted = broken(() => ({
		keys: async function* () {
			yield [`session:${handleOf(makeId())}`];
			throw new Error('Connection lost');
		},
	}));
	const lost = migrateAll({from: unlisted, to: new MemoryStore(), isMirror: false}, 'session:', silent);
	await t.throwsAsync(lost, {message: 'Connection lost'});
});

test("a store that can't list its keys is refused as a source, and as a target of --mirror", async t => {
	const [from, to] = [await filled(1), new NullStore()];
	const code = 'ERR_SESSION_UNSUPPORTED';
	await t.throwsAsync(migrateAll({from: to, to: from, isMirror: false}, 'session:', silent), {
		code,
		message: /^The source/,
	});
	await t.throwsAsync(migrateAll({from, to, isMirror: true}, 'session:', silent), {code, message: /^The target/});
});

/** What is printed, with what controls the terminal spelled out. */
const printed = (isTTY: boolean) => {
	const chunks: unknown[] = [];
	const progress = progressOn({isTTY, write: text => chunks.push(text) > 0});
	return {progress, text: () => chunks.join('').replaceAll('\r\u001B[K', '<clear>')};
};

test('a terminal sees a bar', async t => {
	const {progress, text} = printed(true);
	await migrateAll({from: await filled(40), to: new MemoryStore(), isMirror: false}, 'session:', progress);
	progress.end();
	t.regex(text(), /^<clear>1 session<clear>(?:.*<clear>)?█{30} 100 %, 40 of 40 sessions<clear>$/);

	const half = printed(true);
	half.progress.update(20, 40);
	half.progress.note('Something');
	t.regex(half.text(), /^<clear>█{15}░{15} 50 %, 20 of 40 sessions, \d+ seconds? left<clear>Something\n$/);
});

test('a file gets a line now and then', t => {
	const {progress, text} = printed(false);
	t.false(progress.wantsTotal);
	for (let done = 0; done < 1000; done++) progress.update(done, undefined);
	t.is(text(), '');
	progress.note('Something\u001B[2J\u202E');
	progress.end();
	t.is(text(), 'Something\\u001b[2J\\u202e\n', 'a store may say anything');
});
