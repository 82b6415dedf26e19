import test from 'ava';
import {GuardedStore} from '../../source/records/guarded-store.ts';
import {Lease} from '../../source/records/lease.ts';
import {isLiveSession} from '../../source/records/tombstone.ts';
import {MemoryStore} from '../../source/stores/memory.ts';
import {fakeClock} from '../helpers/stores/conforms.ts';
import {watch} from '../helpers/stores/watched-store.ts';

const life = 6000;

const start = () => {
	const watched = watch(new MemoryStore());
	const store = new GuardedStore(watched, 2000, key => key);
	return {store, calls: watched.calls, make: () => new Lease(store, 'key', life)};
};

test.serial('one party at a time has it, and nobody takes it for a session', async t => {
	const {store, make} = start();
	const [first, second] = [make(), make()];
	await first.take();
	const record = await store.read('key');
	t.false(isLiveSession(record));
	t.true((record?.expiresAt ?? 0) > Date.now() + 30 * 60_000, 'also if the clock of the store is far ahead');

	let hasWaited = false;
	const taken = second.take().then(() => t.true(hasWaited));
	await new Promise(resolve => setImmediate(resolve));
	hasWaited = true;
	await first.release();
	await taken;
	await second.release();
	t.is(await store.read('key'), undefined);
});

test.serial('an owner that is too slow loses it, and learns so before it goes on', async t => {
	const clock = fakeClock(t);
	const {make, calls} = start();
	const [first, second] = [make(), make()];
	await first.take();
	await clock.advance(life - 1);
	await t.notThrowsAsync(first.extend());
	await clock.advance(life - 1);
	await t.notThrowsAsync(first.extend(), 'it was extended');

	await clock.advance(life);
	let isTaken = false;
	const taken = second.take().then(() => {
		isTaken = true;
	});
	// By its own clock, the second one must have seen for so long that nothing changes.
	for (let passed = 0; !isTaken && passed < 2 * life; passed += life / 4) {
		const looks = calls.length;
		while (!isTaken && calls.length < looks + 4) await new Promise(resolve => setImmediate(resolve));
		t.is(isTaken, passed >= life, `after ${passed} ms`);
		await clock.advance(life / 4);
	}
	await taken;
	await t.throwsAsync(first.extend(), {code: 'ERR_SESSION_CONFLICT'});
	await first.release();
	await t.notThrowsAsync(second.extend(), 'the late one takes nothing from its successor');
});

test.serial('one that waits for too long gives up', async t => {
	const clock = fakeClock(t);
	const {make} = start();
	const holder = make();
	await holder.take();
	let isWaiting = true;
	const refused = t.throwsAsync(make().take(), {code: 'ERR_SESSION_CONFLICT'}).finally(() => {
		isWaiting = false;
	});
	for (let passed = 0; isWaiting && passed < 4 * life; passed += life / 2) {
		await holder.extend();
		await clock.advance(life / 2);
	}

	await refused;
});

test.serial('one with a long life is extended often enough for a party with a short one', async t => {
	const clock = fakeClock(t);
	const {store, calls} = start();
	const lease = new Lease(store, 'key', 240_000);
	await lease.take();
	const updates = () => calls.filter(call => call === 'update').length;
	await clock.advance(1999);
	await lease.extend();
	t.is(updates(), 0);
	await clock.advance(1);
	await lease.extend();
	t.is(updates(), 1);
	await lease.release();
});
