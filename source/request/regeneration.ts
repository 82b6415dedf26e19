import {isStoreFault} from '../errors.ts';
import {Contest} from '../records/contest.ts';
import {differInLife} from '../records/expiry.ts';
import {hasContent, type State, type StoredSession} from '../records/stored-session.ts';
import {catchUp} from './catch-up.ts';
import {latestOfSuccessor, withUse} from './expiry.ts';
import {insert} from './insertion.ts';
import type {LiveState} from './live-state.ts';
import {isTooLate, reportDropped, reportUntold} from './losses.ts';
import type {RequestSession} from './request-session.ts';

/**
Writes a session under its new id, then turns the old record into a tombstone by compare-and-swap.

So if two requests regenerate at once, one wins and the other deletes what it wrote. A session that another request has
ended stays ended. What another request has changed is merged.

A request that still holds the old id loses its session as `moved`: when it writes (`catch-up.ts`), or when it comes with
the old token (`Sessions.find()`).

If the store fails, nobody knows whether the old record is a tombstone. So there is no second try: it could find the
tombstone of the first.

@param from `live`: all changes. `stored`: only what was stored.
*/
export const regenerate = async (request: RequestSession, from: 'live' | 'stored'): Promise<void> => {
	const {records, live, client} = request;
	const contest = new Contest(records.queue, request);
	let successor: StoredSession | undefined;

	/** What the successor held as this request last wrote it. */
	let held: State | undefined;

	try {
		while (request.standing.kind === 'stored') {
			const {stored, fault} = request.standing;
			if (fault) throw fault;
			if (!client.canLearn) return await abandon(request, successor);

			const mine =
				from === 'live'
					? live.stateSeenAt(stored.facts.seenAt)
					: {...live.carriedOver(stored.decode()), binding: live.binding};
			// `live` has what others wrote into the successor. What was stored doesn't.
			const state: State =
				from === 'stored' && held && successor
					? {...live.merged(held, successor.decode(), request.options.merge, mine), seenAt: mine.seenAt}
					: mine;
			const written = await writeSuccessor(request, successor, state);
			if (written === 'conflict' && successor) {
				successor = await mergeSuccessor(request, successor, live);
				if (successor) continue;
			}
			if (!written || typeof written === 'string') {
				if (request.live !== live) break;
				// All that the codec keeps nothing of is no loss.
				if (written || from === 'stored') reportDropped(request, written ? 'ended' : 'failed');
				return await end(request, successor);
			}

			successor = written;
			held = state;
			// The old id still opens the session.
			if (request.stored === stored && !client.canLearn) return await abandon(request, successor);
			const answer = await records.bury(stored, successor.key);
			if (answer === 'buried') {
				stored.abort();
				request.take(successor, live);
				// Its client will never learn the new id.
				if (request.stored !== successor || !isTooLate(request)) return;
				reportUntold(request);
				return await end(request, undefined);
			}

			const changes = {hasChanges: from === 'live'};
			if (answer === 'missing') request.lose(stored, 'ended', changes);
			else if (await catchUp(request, stored, contest, changes)) continue;
			await records.deleteUntold(successor);
			return;
		}

		// The route has ended the session in the meantime, and may have begun another one.
		if (successor) await records.deleteUntold(successor);
	} catch (error) {
		// The client won't learn the new id, buried or not. Don't wait for a store that fails.
		const deleted = successor && records.deleteUntold(successor).catch(() => undefined);
		if (!isStoreFault(error)) await deleted;
		else if (successor && request.stored) request.standing = {kind: 'stored', stored: request.stored, fault: error};
		throw error;
	} finally {
		contest.end();
	}
};

/** No request knows the successor until the old record points to it, so it can safely be written again. */
const writeSuccessor = (request: RequestSession, successor: StoredSession | undefined, state: State) => {
	if (!successor) return insert(request, state);
	const {records} = request;
	// What was merged since may give the session another life.
	const expiresAt = differInLife(successor.facts, state)
		? Math.min(records.nextExpiry(state), latestOfSuccessor(request, state))
		: successor.record.expiresAt;
	return records.rewrite(successor, withUse(request, state, expiresAt), expiresAt);
};

/**
Merges what `sessions.update()` has written into the successor, which it found by a list.

@returns `undefined` if somebody ended it.
*/
const mergeSuccessor = async (
	request: RequestSession,
	outdated: StoredSession,
	live: LiveState,
): Promise<StoredSession | undefined> => {
	const newest = await request.records.read(outdated.id, outdated.key);
	if (typeof newest === 'string') return undefined;

	try {
		// If the route has ended the session in the meantime, nothing of it belongs in the next one.
		if (request.live === live) live.rebase(outdated.decode(), newest.open(), request.options.merge);
	} finally {
		newest.abort();
	}
	return newest;
};

/**
Gives up a new id that can't be sent to the client.

If the headers are sent, the session ends: it must not gain rights under its old id. If the response can't carry a
cookie at all, such as for an upgrade or a client that had gone by then, the session stays under its old id. It gets no changes
of this request, and loses what `keep` drops.
*/
const abandon = async (request: RequestSession, successor: StoredSession | undefined): Promise<void> => {
	reportUntold(request);
	if (request.exchange.isSent) return end(request, successor);

	if (successor) await request.records.deleteUntold(successor);
	await stay(request);
};

/** Ends the session, so that its old id is dead too. */
const end = async (request: RequestSession, successor: StoredSession | undefined): Promise<void> => {
	if (successor) await request.records.deleteUntold(successor);
	request.end();
	await request.endStored();
};

const stay = async (request: RequestSession): Promise<void> => {
	const {records, live} = request;
	const contest = new Contest(records.queue, request);
	try {
		while (request.stored) {
			const {stored} = request;
			const all = stored.decode();
			const kept = live.filtered(all);
			if (kept !== all && !hasContent(kept)) return await end(request, undefined);

			const answer = kept === all ? stored : await records.rewrite(stored, kept);
			if (answer === 'conflict' && (await catchUp(request, stored, contest, {hasChanges: false}))) continue;
			if (answer === undefined) return await end(request, undefined);
			// The session is lost to this request: what the route does from now on is meant for the new id.
			request.lose(stored, answer === 'missing' ? 'ended' : 'undeliverable', {hasChanges: false});
			return;
		}
	} finally {
		contest.end();
	}
};
