import assert from 'node:assert/strict';
import {randomUUID} from 'node:crypto';
import test, {type ExecutionContext} from 'ava';
import type {Store} from '../../../source/store.ts';
import {type Clock, type StoreTraits, storeCases, systemClock} from '../../../source/testing/index.ts';

/** How time passes in a run of the suite. */
export type TimeKeeping = {
	/** Faked time is the whole process's, so its cases run one after the other. */
	readonly register: (title: string, run: (t: ExecutionContext) => Promise<void>) => void;
	readonly clock: (t: ExecutionContext) => Clock;
	readonly isFaked: boolean;
};

export type ConformsOptions = {
	/** @default fakedTime */
	readonly time?: TimeKeeping;

	/** Shows otherwise than usual that the store hasn't a trait. */
	readonly lacking?: Partial<typeof lacks>;

	/** Goes before each title, where one file runs the suite more than once. */
	readonly prefix?: string;

	/** Runs just the cases that need this, where another run has all of them. */
	readonly only?: Trait;

	/** The case in which a stand-in for the server errs now and then, and may try again. A store that errs fails each time. */
	readonly errsIn?: string | undefined;
};

/** For a store that asks `Date.now()`: time stands still but for `advance()`. */
export const fakedTime: TimeKeeping = {register: test.serial, clock: t => fakeClock(t), isFaked: true};

/** For a store whose server measures time itself, in steps of `precision` milliseconds. */
export const realTime = (precision = 1): TimeKeeping => ({
	register: test,
	clock: () => systemClock({precision}),
	isFaked: false,
});

/** Lets time stand still until the end of a test, which must be serial. */
export const fakeClock = (t: ExecutionContext): Clock => {
	const realNow = Date.now;
	let now = realNow();
	Date.now = () => now;
	t.teardown(() => {
		Date.now = realNow;
	});
	return {
		now: () => now,
		async advance(milliseconds) {
			now += milliseconds;
		},
		precision: 1,
	};
};

/** Which stores can be shared, and how, the cases don't ask here: `stores/processes.ts` runs those on each. */
type Trait = Exclude<keyof StoreTraits, 'shared'>;

/**
Runs the store contract under AVA, each case on a store of its own.

A case whose trait the store hasn't shows that it really hasn't, so that none goes missing unseen.
*/
export const conforms = (
	open: (t: ExecutionContext) => Store | Promise<Store>,
	traits: Omit<StoreTraits, 'shared' | 'fakedTime'>,
	{time = fakedTime, lacking = {}, prefix = '', only, errsIn}: ConformsOptions = {},
): void => {
	const has = {...traits, fakedTime: time.isFaked};
	for (const {title, needs, run} of storeCases) {
		if (needs === 'shared' || (only && needs !== only)) continue;
		const absent = needs && !has[needs] ? needs : undefined;
		time.register(`${prefix}${title}${absent ? ` (not here: no \`${absent}\`)` : ''}`, async t => {
			const store = await open(t);
			const clock = time.clock(t);
			t.teardown(() => store.close?.());
			const ask = () => (absent ? (lacking[absent] ?? lacks[absent])(store, clock) : run(store, clock));
			const again = async (error: unknown) => {
				t.log('Tried again', error);
				return ask();
			};
			await t.notThrowsAsync(title === errsIn ? ask().catch(again).catch(again) : ask());
		});
	}
};

const lacks: Record<Trait, (store: Store, clock: Clock) => Promise<void>> = {
	async keeps(store, clock) {
		await assert.rejects(store.create('key', {bytes: new Uint8Array(), expiresAt: clock.now() + 60_000}));
		assert.equal(await store.read('key'), undefined);
	},
	compareAndSwap: (store, clock) => lacks.keeps(store, clock),
	async prune(store) {
		assert.equal(store.prune, undefined);
	},
	async bySubject(store) {
		assert.equal(store.bySubject, undefined);
	},
	async keys(store) {
		assert.equal(store.keys, undefined);
	},
	async maxBytes({maxBytes = Number.POSITIVE_INFINITY}) {
		assert.ok(maxBytes >= 2 ** 27, 'it has no `maxBytes`, or one that takes much memory to try');
	},
	async closes(store) {
		const key = randomUUID();
		await store.close?.();
		assert.equal(await store.delete(key), false);
		assert.equal(await store.read(key), undefined, 'it works as before');
	},
	async fakedTime(_store, clock) {
		const startedAt = performance.now();
		await clock.advance(20);
		assert.ok(performance.now() - startedAt > 10, 'time passes no faster than it does');
	},
};
