import {isStoreFault} from '../errors.ts';
import {publish} from '../events.ts';
import type {State, StoredSession} from '../records/stored-session.ts';
import {catchUp} from './conflict.ts';
import {insert} from './insertion.ts';
import type {RequestSession} from './request-session.ts';

/**
Writes a session under its new id, then turns the old record into a tombstone by compare-and-swap.

So of two regenerations at once one wins, and the other takes back what it wrote; a session that was ended in the
meantime stays ended; and what another request changed in the meantime is merged.

It isn't tried again after a fault that left unknown whether the old record is a tombstone: it might meet its own.

@param mode `save`: with all changes. `discard`: with what is stored.
*/
export const regenerate = async (request: RequestSession, mode: 'save' | 'discard'): Promise<void> => {
	const {records, live, exchange} = request;
	let successor: StoredSession | undefined;

	try {
		for (let tries = 1; request.standing.kind === 'stored'; tries++) {
			const {stored, fault} = request.standing;
			if (fault) throw fault;
			if (exchange.delivery() !== 'possible') return await abandon(request, successor);

			const state = mode === 'save' ? live.state : live.kept(stored.decode());
			const written = await write(request, successor, state);
			if (!written) return await end(request, successor);

			successor = written;
			const answer = await records.bury(stored, successor.key);
			if (answer === 'buried') {
				stored.abort();
				request.take(successor, live);
				return;
			}

			const changes = {hasChanges: mode === 'save'};
			if (answer === 'missing') request.lose(stored, 'ended', changes);
			else if (await catchUp(request, stored, tries, changes)) continue;
			await records.discard(successor);
			return;
		}
	} catch (error) {
		// Whether the old record is buried or not, nobody will ever learn the new id. A store that fails isn't waited for.
		const discarded = successor && records.discard(successor).catch(() => undefined);
		if (!isStoreFault(error)) await discarded;
		else if (successor && request.stored) request.standing = {kind: 'stored', stored: request.stored, fault: error};
		throw error;
	}
};

/** Nobody knows the successor before the old record points to it, so nothing can be in the way of writing it again. */
const write = async (
	request: RequestSession,
	successor: StoredSession | undefined,
	state: State,
): Promise<StoredSession | undefined> => {
	const written = successor ? await request.records.rewrite(successor, state) : await insert(request, state);
	return typeof written === 'string' ? undefined : written;
};

/**
The client can't be told a new id any more.

If headers are sent, the session ends, since under its old id it must not gain any rights. A response that never was to
bring a cookie, such as an upgrade or one whose client is gone, leaves the session as it was: what it would have gained
is lost, and what was to be dropped from it is dropped.
*/
const abandon = async (request: RequestSession, successor: StoredSession | undefined): Promise<void> => {
	const {exchange, name} = request;
	if (exchange.delivery() === 'sent') publish('late-write', () => ({session: name, path: exchange.path}));
	publish('lost', () => ({session: name, reason: 'undeliverable'}));
	if (exchange.delivery() === 'sent') return end(request, successor);

	if (successor) await request.records.discard(successor);
	await stay(request);
};

/** With nothing in it there is no session; and the old id must die. */
const end = async (request: RequestSession, successor: StoredSession | undefined): Promise<void> => {
	if (successor) await request.records.discard(successor);
	request.forget();
	await request.endForgotten();
};

const stay = async (request: RequestSession): Promise<void> => {
	const {records, live} = request;
	for (let tries = 1; request.stored; tries++) {
		const {stored} = request;
		const all = stored.decode();
		const kept = live.kept(all);
		if (kept !== all && Object.keys(kept.data).length === 0) return end(request, undefined);

		const answer = kept === all ? stored : await records.rewrite(stored, kept);
		if (answer === 'conflict' && (await catchUp(request, stored, tries, {hasChanges: false}))) continue;
		if (answer === undefined) return end(request, undefined);
		// For this request it is over: what the route does from now on was meant for the new id.
		request.lose(stored, answer === 'missing' ? 'ended' : 'undeliverable', {hasChanges: false});
		return;
	}
};
