import test from 'ava';
import type {Store} from '../source/store.ts';
import {MemoryStore} from '../source/stores/memory.ts';
import {type Clock, type StoreCase, storeCases} from '../source/testing/index.ts';
import {broken, type Fault} from './helpers/faults/broken-store.ts';
import {faults, otherFaults, withinOne} from './helpers/faults/store-faults.ts';
import {conforms, fakeClock, realTime} from './helpers/stores/conforms.ts';

const titles = storeCases.map(({title}) => title);

test('each case of the store contract has a title of its own and a store that breaks it', t => {
	t.is(new Set(titles).size, titles.length);
	t.deepEqual(Object.keys(faults).toSorted(), titles.toSorted());
});

/** Runs a case on a store with a fault; of several on the same records, all have it. */
const runOn = async (fault: Fault, run: StoreCase['run'], clock: Clock): Promise<void> => {
	const records = new MemoryStore();
	await run(broken(fault, records), clock, () => broken(fault, records));
};

for (const {title, run} of storeCases) {
	test.serial(`can fail: ${title}`, async t => {
		const fault = faults[title];
		if (!fault) return t.fail('No store breaks this case');
		await t.throwsAsync(runOn(fault, run, fakeClock(t)));
		await t.notThrowsAsync(
			runOn(() => ({}), run, fakeClock(t)),
			'the same store without the fault passes',
		);
	});
}

const runOf = (title: string): StoreCase['run'] => {
	const found = storeCases.find(each => each.title === title);
	if (!found) throw new Error(`Expected a case with the title "${title}"`);
	return found.run;
};

test.serial('a store is found out whichever of its calls works after close()', async t => {
	const run = runOf('after close() every call rejects, and says why');
	for (const method of ['create', 'read', 'update', 'touch', 'delete', 'prune', 'bySubject', 'keys'] as const) {
		const fault: Fault = store => ({[method]: store[method].bind(store)}) as Partial<Store>;
		await t.throwsAsync(runOn(fault, run, fakeClock(t)), {message: new RegExp(`${method}\\(\\) rejects`)});
	}
});

for (const [title, fault] of Object.entries(otherFaults)) {
	test.serial(`can fail in another way: ${title}`, async t => {
		await t.throwsAsync(runOn(fault, runOf(title), fakeClock(t)));
	});
}

for (const [title, within] of Object.entries(withinOne)) {
	test.serial(`a fault between processes alone is not found within one: ${title}`, async t => {
		const fault = faults[title];
		if (!fault) return t.fail('No store breaks this case');
		await t.notThrowsAsync(runOn(fault, runOf(within), fakeClock(t)));
	});
}

/** A store to which time comes in whole seconds. */
const inSeconds = (): Store => {
	const store = broken(() => ({}));
	const up = (at: number) => Math.ceil(at / 1000) * 1000;
	return {
		...store,
		create: (key, record) => store.create(key, {...record, expiresAt: up(record.expiresAt)}),
		update: (key, record, version, options) =>
			store.update(key, {...record, expiresAt: up(record.expiresAt)}, version, options),
		touch: (key, expiresAt, version) => store.touch(key, up(expiresAt), version),
	};
};

const traits = {keeps: true, compareAndSwap: true, prune: true, bySubject: true, keys: true};
const all = {...traits, maxBytes: true, closes: true};
conforms(() => new MemoryStore(), traits, {time: realTime(), prefix: 'real time: '});
conforms(inSeconds, all, {time: realTime(1000), prefix: 'whole seconds: '});
