import {isStoreFault} from '../errors.ts';
import {publish} from '../events.ts';
import type {State, StoredSession} from '../records/stored-session.ts';
import type {Holding} from './holding.ts';
import {insert} from './insertion.ts';

/** Records of which nobody knows whether they are tombstones by now, and by which fault. */
const interrupted = new WeakMap<StoredSession, unknown>();

/**
Writes a session under its new id, then turns the old record into a tombstone by compare-and-swap.

So of two regenerations at once one wins, and the other takes back what it wrote; a session that was ended meanwhile
stays ended; and what another request changed meanwhile is merged.

It isn't tried again after a fault that left unknown whether the old record is a tombstone: it might meet its own.

@param mode `save`: with all changes. `discard`: with what is stored.
*/
export const regenerate = async (holding: Holding, mode: 'save' | 'discard'): Promise<void> => {
	const {records, live, exchange} = holding;
	const {generation} = live;
	let successor: StoredSession | undefined;

	try {
		for (let tries = 1; holding.stored; tries++) {
			const {stored} = holding;
			if (interrupted.has(stored)) throw interrupted.get(stored);
			const state = mode === 'save' ? live.state : live.kept(stored.state());
			const isDeliverable = exchange.delivery() === 'possible';
			const written = isDeliverable ? await write(holding, successor, state) : undefined;
			if (!written) return await abandon(holding, successor);

			successor = written;
			const answer = await records.bury(stored, successor.key);
			if (answer === 'buried') {
				stored.abort();
				holding.take(successor, generation);
				holding.notice.mustIssue = true;
				return;
			}

			const changes = {hasChanges: mode === 'save'};
			if (answer === 'missing') holding.lose(stored, 'ended', changes);
			else if (await holding.catchUp(stored, tries, changes)) continue;
			return await records.discard(successor);
		}
	} catch (error) {
		// Whether the old record is buried or not, nobody will ever learn the new id. A store that fails isn't waited for.
		const discarded = successor && records.discard(successor).catch(() => undefined);
		if (!isStoreFault(error)) await discarded;
		else if (successor && holding.stored) interrupted.set(holding.stored, error);
		throw error;
	}
};

/** Nobody knows the successor before the old record points to it, so nothing can be in the way of writing it again. */
const write = async (
	holding: Holding,
	successor: StoredSession | undefined,
	state: State,
): Promise<StoredSession | undefined> => {
	const written = successor
		? await holding.records.rewrite(successor, state)
		: await insert(holding.records, holding.live, state);
	return typeof written === 'string' ? undefined : written;
};

/** Under a new id that nobody would learn, or with nothing in it, there is no session; and the old id must die. */
const abandon = async (holding: Holding, successor: StoredSession | undefined): Promise<void> => {
	const {exchange, records, name} = holding;
	if (exchange.delivery() === 'sent') publish('late-write', () => ({session: name, path: exchange.path}));
	if (exchange.delivery() !== 'possible') publish('lost', () => ({session: name, reason: 'undeliverable'}));

	if (successor) await records.discard(successor);
	holding.forget();
	await holding.endForgotten();
};
