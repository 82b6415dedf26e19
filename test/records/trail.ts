import test from 'ava';
import {GuardedStore} from '../../source/records/guarded-store.ts';
import {tombstone} from '../../source/records/tombstone.ts';
import {Trail} from '../../source/records/trail.ts';
import {MemoryStore} from '../../source/stores/memory.ts';
import {Gate} from '../helpers/order/barrier.ts';
import {record} from '../helpers/stores/records.ts';
import {watch} from '../helpers/stores/watched-store.ts';

const start = () => {
	const store = watch(new MemoryStore());
	const bury = (key: string, successor: string) => store.create(key, {...record(), bytes: tombstone(successor)});
	return {store, bury, trail: new Trail(new GuardedStore(store, 2000, key => key))};
};

test('of many that follow a chain of tombstones at once, each tombstone is read once', async t => {
	const {store, bury, trail} = start();
	const length = 100;
	for (let index = 0; index < length; index++) await bury(`${index}`, `${index + 1}`);
	await store.create(`${length}`, record());

	store.calls.length = 0;
	const keys = Array.from({length: length + 1}, (_, index) => `${(index * 37) % (length + 1)}`);
	const found = await Promise.all(keys.map(key => trail.follow(key)));
	t.true(found.some(each => each?.key === `${length}`));
	t.true(store.calls.length <= length + 2, `${store.calls.length} reads: of each tombstone, and of the session by two`);
	t.is(await trail.follow('50'), undefined, 'it leads to nothing new');
});

test('tombstones that lead in a circle lead to nothing, also for many at once', async t => {
	const {store, bury, trail} = start();
	for (const [key, successor] of ['ab', 'bc', 'ca', 'dd']) await bury(String(key), String(successor));
	t.deepEqual(await Promise.all([...'abcd'].map(key => trail.follow(key))), Array(4).fill(undefined));
	t.is(store.calls.filter(operation => operation === 'read').length, 4);
});

test('a session that another one looked for too early is found', async t => {
	const {store, bury, trail} = start();
	await bury('old', 'new');
	const gate = new Gate();
	store.around = async (_operation, call, key) => {
		const answer = await call();
		if (key === 'new') await gate.pass();
		return answer;
	};
	const early = trail.follow('new');
	await gate.reached;
	store.around = (_operation, call) => call();
	await store.create('new', record());
	const late = trail.follow('old');
	gate.open();

	t.is(await early, undefined);
	t.is((await late)?.key, 'new');
});

test('a read that fails is the failure of one: the other reads again', async t => {
	const {store, trail} = start();
	await store.create('key', record());
	const gate = new Gate();
	store.around = async () => {
		await gate.pass();
		throw new Error('Broken');
	};
	const failing = t.throwsAsync(trail.follow('key'), {code: 'ERR_SESSION_STORE'});
	await gate.reached;
	store.around = (_operation, call) => call();
	const other = trail.follow('key');
	gate.open();
	await failing;
	t.is((await other)?.key, 'key');
});
