import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {setImmediate} from 'node:timers/promises';
import {promisify} from 'node:util';
import test from 'ava';
import {collectAll} from '../../benchmark/measure.ts';
import {MemoryStore, type MemoryStoreOptions} from '../../source/stores/memory.ts';
import {turnsDuring} from '../helpers/order/turns.ts';
import {conforms} from '../helpers/stores/conforms.ts';
import {keysOf} from '../helpers/stores/keys-of.ts';

conforms(() => new MemoryStore(), {keeps: true, compareAndSwap: true, prune: true, bySubject: true, keys: true});

const record = {bytes: new Uint8Array([1]), expiresAt: Date.now() + 3_600_000};

const liveOf = async (store: MemoryStore, keys: readonly string[]): Promise<string[]> => {
	// By subject, since a read would count as a use.
	const live = await keysOf(store.bySubject('ann'));
	return keys.filter(key => live.includes(key));
};

const filled = async (keys: readonly string[], options: MemoryStoreOptions): Promise<MemoryStore> => {
	const store = new MemoryStore(options);
	for (const key of keys) await store.create(key, {...record, subject: 'ann'});
	return store;
};

test('one record more than `maxEntries` pushes out the one used least recently', async t => {
	const store = await filled(['a', 'b', 'c', 'd'], {maxEntries: 3});
	t.deepEqual(await liveOf(store, ['a', 'b', 'c', 'd']), ['b', 'c', 'd']);
});

test('reading, updating and touching are uses', async t => {
	const keys = ['read', 'updated', 'touched', 'refused', 'idle', 'idler'];
	const store = await filled(keys, {maxEntries: 6});
	const before = await store.read('updated');
	assert.ok(before);
	const touched = await store.read('touched');
	assert.ok(touched);
	await store.touch('touched', record.expiresAt + 1, touched.version);
	await store.create('refused', record);
	await store.read('read');
	await store.update('updated', {...record, subject: 'ann'}, before.version);

	for (const key of ['x', 'y']) await store.create(key, record);
	t.deepEqual(await liveOf(store, keys), ['read', 'updated', 'touched', 'refused']);
});

test('what is over its end makes no room by ending a live record', async t => {
	const store = await filled(['a', 'b'], {maxEntries: 2});
	await store.create('past', {...record, expiresAt: Date.now()});
	t.deepEqual(await liveOf(store, ['a', 'b']), ['a', 'b']);
});

test('a prune lets others have their turn, and finds what ended among many that live', async t => {
	const keys = Array.from({length: 20_000}, (_, index) => `key-${index}`);
	const store = await filled(keys, {maxEntries: 30_000});
	const soon = Date.now() + 50;
	for (const key of ['first', 'second', 'third']) await store.create(key, {...record, expiresAt: soon});
	await store.read('key-0');
	while (Date.now() < soon) await setImmediate();

	t.is(await store.prune(2), 2);
	t.is(await store.prune(2), 1);
	t.true((await turnsDuring(() => store.prune(1))) >= 10);
	t.is((await liveOf(store, keys)).length, keys.length);
});

test.serial('memory holds what is stored, and nothing of what was done with it', async t => {
	const keys = Array.from({length: 50}, (_, index) => `key-${index}`);
	const store = await filled(keys, {});
	collectAll();
	const before = process.memoryUsage().heapUsed;
	for (let use = 0; use < 100_000; use++) await store.read(`key-${use % 50}`);
	for (let use = 0; use < 20_000; use++) {
		await store.create('d', record);
		await store.delete('d');
	}

	collectAll();
	t.true(process.memoryUsage().heapUsed - before < 2_000_000);
	t.truthy(await store.read('key-0'), 'it was in use until now');
});

test('`maxEntries` is a positive integer', t => {
	for (const maxEntries of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
		t.throws(() => new MemoryStore({maxEntries}), {
			instanceOf: RangeError,
			message: `Expected \`maxEntries\` to be a positive integer, got \`${maxEntries}\` (number)`,
		});
	}
	t.throws(() => new MemoryStore(JSON.parse('{"maxEntries": "10"}')), {
		instanceOf: TypeError,
		message: "Expected `maxEntries` to be a positive integer, got `'10'`",
	});
});

/** What a process prints to standard error that makes two stores; it must also end on its own. */
const warningsUnder = async (environment: string): Promise<string> => {
	const module = new URL('../../source/stores/memory.ts', import.meta.url).href;
	const program = `import {MemoryStore} from '${module}'; new MemoryStore(); new MemoryStore();`;
	const {stderr} = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], {
		env: {...process.env, NODE_ENV: environment, NODE_NO_WARNINGS: ''},
		timeout: 30_000,
	});
	return stderr;
};

test('a process in production is warned once', async t => {
	t.is((await warningsUnder('production')).match(/in the memory of this process alone/g)?.length, 1);
	t.notRegex(await warningsUnder('development'), /memory/);
});
