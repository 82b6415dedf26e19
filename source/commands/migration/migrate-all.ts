import {SessionError} from '../../errors.ts';
import type {Store} from '../../store.ts';
import {handleIn} from '../prefix-option.ts';
import {copy, type Migration, NotCopied, type Outcome, remove} from './copy.ts';
import {inParallelUntilFailure} from './in-parallel.ts';
import type {Progress} from './progress.ts';

/** What happened to how many sessions. */
export type Report = {
	readonly counts: Readonly<Record<Outcome | 'deleted' | 'failed', number>>;

	/** The first failures. Each names its session by the first 8 characters of its handle. */
	readonly failures: readonly {readonly session: string; readonly reason: string}[];
};

/** After this many failures, a store counts as out of order. */
const mostFaults = 100;

/** How many failures a report lists. */
const mostNamed = 100;

/**
Copies all sessions of one store to another, and verifies each copy. It holds only a few in memory at a time.

Sessions that can't be copied are counted and listed. Rejects if a store can't list its keys, or seems out of order.
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
				throw new Error(
					`Stopped after ${mostFaults} failures. The last one: ${error.message}. Run the command again to continue`,
				);
			}

			counts.failed++;
			const session = (handleIn(key, prefix) ?? '').slice(0, 8);
			if (failures.length >= mostNamed) return;
			failures.push({session, reason: error.message});
			progress.note(`${session}…: ${error.message}`);
		});

	const source = keysOf(from, prefix, 'source');
	const target = isMirror ? keysOf(to, prefix, 'target') : undefined;
	// A target that isn't ready, for example without its table, fails here instead of a hundred times below.
	await to.read(`${prefix}${'A'.repeat(43)}`);

	let total: number | undefined;
	if (progress.wantsTotal) {
		let counted = 0;
		for await (const _ of source()) progress.update(++counted, undefined);
		total = counted;
	}

	let done = 0;
	await inParallelUntilFailure(source(), async key => {
		await attempt(key, async () => {
			counts[await copy(key, migration)]++;
		});
		progress.update(++done, total);
	});

	if (target) {
		// A store may also list sessions that have ended.
		if (done === counts.ended) throw new Error('The source has no live sessions, so the target was not changed');
		await inParallelUntilFailure(target(), key =>
			attempt(key, async () => {
				if (await remove(key, migration)) counts.deleted++;
			}),
		);
	}
	return {counts, failures};
};

/** The keys of sessions. The store may hold other things too. */
const keysOf = (store: Store, prefix: string, place: 'source' | 'target') => {
	if (!store.keys)
		throw new SessionError(
			'ERR_SESSION_UNSUPPORTED',
			`The ${place} is a store that can't list its keys, so its sessions can't be moved`,
		);

	const keys = store.keys.bind(store);
	return async function* (): AsyncGenerator<string, void, undefined> {
		for await (const page of keys(prefix)) yield* page.filter(key => handleIn(key, prefix) !== undefined);
	};
};
