import {SessionError} from '../../errors.ts';
import type {Store} from '../../store.ts';
import {handleIn} from '../prefix-option.ts';
import {copy, type Migration, NotCopied, type Outcome, remove} from './copy.ts';
import {inParallel} from './in-parallel.ts';
import type {Progress} from './progress.ts';

/** How many sessions became what. */
export type Report = {
	readonly counts: Readonly<Record<Outcome | 'deleted' | 'failed', number>>;

	/** The first of those that failed, by the first 8 characters of their handles. */
	readonly failures: readonly {readonly session: string; readonly reason: string}[];
};

/** After so many calls that failed, a store is taken to be out of order. */
const mostFaults = 100;

/** How many failures a report names. */
const mostNamed = 100;

/**
Copies all sessions of one store to another, and reads each back. Holds a few of them at a time.

Sessions that can't be copied are counted and named. Rejects if a store can't list its keys, or seems out of order.
*/
export const migrateAll = async (migration: Migration, prefix: string, progress: Progress): Promise<Report> => {
	const {from, to, isMirror} = migration;
	const counts = {copied: 0, updated: 0, present: 0, different: 0, ended: 0, deleted: 0, failed: 0};
	const failures: {session: string; reason: string}[] = [];
	let faults = 0;

	const attempt = (key: string, work: () => Promise<void>): Promise<void> =>
		work().catch(error => {
			const isFault = !(error instanceof NotCopied);
			if (isFault && ++faults >= mostFaults) {
				throw new Error(`Stopped after ${mostFaults} failures, the last: ${error.message}. Run it again to go on`);
			}

			counts.failed++;
			const session = (handleIn(key, prefix) ?? '').slice(0, 8);
			if (failures.length >= mostNamed) return;
			failures.push({session, reason: error.message});
			progress.note(`${session}…: ${error.message}`);
		});

	const source = keysOf(from, prefix, 'source');
	const target = isMirror ? keysOf(to, prefix, 'target') : undefined;
	// A target that isn't ready, as one without its table, fails here and not a hundred times.
	await to.read(`${prefix}${'A'.repeat(43)}`);

	let total: number | undefined;
	if (progress.wantsTotal) {
		let counted = 0;
		for await (const _ of source()) progress.update(++counted, undefined);
		total = counted;
	}

	let done = 0;
	await inParallel(source(), async key => {
		await attempt(key, async () => {
			counts[await copy(key, migration)]++;
		});
		progress.update(++done, total);
	});

	if (target) {
		if (done === 0) throw new Error('The source has no sessions, so the target was left as it is');
		await inParallel(target(), key =>
			attempt(key, async () => {
				if (await remove(key, migration)) counts.deleted++;
			}),
		);
	}
	return {counts, failures};
};

/** The keys of sessions. Others may keep theirs in the same store. */
const keysOf = (store: Store, prefix: string, place: 'source' | 'target') => {
	if (!store.keys)
		throw new SessionError(
			'ERR_SESSION_UNSUPPORTED',
			`The ${place} is a store that can't list what it has, so this can't be done`,
		);

	const keys = store.keys.bind(store);
	return async function* (): AsyncGenerator<string, void, undefined> {
		for await (const page of keys(prefix)) yield* page.filter(key => handleIn(key, prefix) !== undefined);
	};
};
