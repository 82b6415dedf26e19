import test from 'ava';
import {GuardedStore} from '../../source/records/guarded-store.ts';
import {MemoryStore} from '../../source/stores/memory.ts';

test('a store that could not be opened is opened again by the next call, and only once by several', async t => {
	let openings = 0;
	const open = async () => {
		openings++;
		if (openings === 1) throw new Error('not there yet');
		return new MemoryStore();
	};
	const store = new GuardedStore(open, 1000, key => key);

	await t.throwsAsync(store.read('key'), {code: 'ERR_SESSION_STORE'});
	t.false(store.isOpen);

	await Promise.all([store.read('key'), store.read('key'), store.create('key', record)]);
	t.truthy(await store.read('key'));
	t.is(openings, 2);
});

const record = {bytes: Buffer.from('data'), expiresAt: Date.now() + 60_000};
