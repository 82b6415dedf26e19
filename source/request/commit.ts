import {isStoreFault} from '../errors.ts';
import {Contest} from '../records/contest.ts';
import type {StoredSession} from '../records/stored-session.ts';
import {catchUp} from './catch-up.ts';
import {type Change, type Touch, type Update, weigh} from './change.ts';
import {writeExpiry} from './expiry.ts';
import {warnOfFixation} from './fixation.ts';
import {hasChanged} from './has-changed.ts';
import {create} from './insertion.ts';
import {reportDropped, reportFailure, reportUntold} from './losses.ts';
import {checkTimeouts} from './own-timeouts.ts';
import {regenerate} from './regeneration.ts';
import type {RequestSession} from './request-session.ts';
import type {LossReason, Standing} from './standing.ts';

/**
Why a request commits.

`save`: the route called `save()`. Everything is written, or the call fails. `success`: the request succeeded. Everything is
written, but with `onStoreError: 'anonymous'`, a failing store costs only the changes. `failure`: it failed. Only a new id, or
the end of a session, is written.
*/
type Occasion = 'save' | 'success' | 'failure';

/**
Commits at the end of a request. The codec can clean up in any case.

If the request failed because of the store, the store isn't called again: the client would wait twice.

@returns `undefined` if there is nothing to wait for.
*/
export const finish = (request: RequestSession, occasion: 'success' | 'failure'): Promise<void> | undefined => {
	const {turns} = request;
	if (!request.needsCommit) {
		request.markCommitted();
		return undefined;
	}

	try {
		if (occasion === 'failure' && isStoreFault(turns.fault)) throw turns.fault;
		// Without earlier turns, it commits in this tick, so that a request with nothing to write makes no promise.
		const work = turns.hasBegun ? turns.take(async () => commit(request, occasion)) : commit(request, occasion);
		if (work) return turns.take(() => cleanUpAfter(work, request, occasion));
		takeBackIfGone(request);
	} catch (error) {
		return turns.take(() => cleanUpAfter(Promise.reject(error), request, occasion));
	}

	request.markCommitted();
	return undefined;
};

const cleanUpAfter = async (
	work: Promise<void>,
	request: RequestSession,
	occasion: 'success' | 'failure',
): Promise<void> => {
	try {
		await work;
		takeBackIfGone(request);
		if (occasion === 'failure') dropChanges(request);
	} catch (error) {
		// The error may reach nobody: another one replaces it, or the response is already sent.
		reportFailure(request);
		dropChanges(request);
		correctNews(request);
		throw error;
	} finally {
		if (!request.stored && request.isUsed && request.live.hasContent) request.live.report();
		request.markCommitted();
	}
};

/** Drops what wasn't saved, because the request failed. Later changes count again. */
const dropChanges = (request: RequestSession): void => {
	if (!request.isUsed) return;
	try {
		request.live.reset(request.stored?.id, request.stored?.decode());
	} catch {
		// Data that can't be decoded again stays as it is. None of it is written.
	}
};

/** Corrects what the client is told, after a write that failed. Must not hide the error of that write. */
const correctNews = (request: RequestSession): void => {
	try {
		request.tell();
	} catch {
		// Without keys, there is no token.
	}
};

/** Saves what changed after the commit. The response is over, so an error can only be published. */
export const finishLate = async (request: RequestSession): Promise<void> => {
	try {
		await request.turns.take(async () => {
			if (request.isUsed && !request.live.isReported) await commit(request, 'success');
		});
	} catch {
		reportFailure(request);
	} finally {
		request.markCommitted();
	}
};

/**
Writes what a request made of its session, by compare-and-swap, and tells the client.

@returns `undefined` if there is nothing to wait for, as in most requests.
*/
export const commit = (request: RequestSession, occasion: Occasion): Promise<void> | undefined => {
	const {stored} = request;
	if (request.hasEnded || request.isRegenerating || occasion === 'failure') return commitEndOrNewId(request, occasion);

	const change = stored && weigh(request, stored);
	if (change && change.kind !== 'none') return writeStored(request, change);
	if (!stored && request.isUsed && request.live.hasContent) return writeNew(request, occasion);
	request.tell();
	return undefined;
};

/** Commits the end of a session, or its new id. Nothing else of a request that failed. */
const commitEndOrNewId = async (request: RequestSession, occasion: Occasion): Promise<void> => {
	if (request.hasEnded) await request.endStored();
	if (request.isRegenerating) await regenerate(request, occasion === 'failure' ? 'stored' : 'live');
	else if (occasion !== 'failure') return commitNext(request, occasion);
	if (occasion === 'failure') reportDropped(request);
	request.tell();
};

/** Commits the session that the route began after it ended another. */
const commitNext = async (request: RequestSession, occasion: 'save' | 'success'): Promise<void> => {
	if (request.stored) return writeStored(request, weigh(request, request.stored));
	if (request.isUsed && request.live.hasContent) return writeNew(request, occasion);
	request.tell();
};

const writeNew = async (request: RequestSession, occasion: 'save' | 'success'): Promise<void> => {
	const {standing, live, client} = request;
	const {canLearn} = client;

	if (standing.kind === 'new' && canLearn) {
		const write = async () => {
			await create(request, live.state);
			return 'done' as const;
		};
		const isDone = await (occasion === 'save' ? write() : tolerate(request, write));
		if (!isDone) reportUntold(request, 'unavailable');
	} else {
		// A record whose token can't be sent would only fill the store.
		if (occasion === 'save') request.checkAvailable();
		if (!live.isReported) reportUntold(request, reasonOf(standing));
	}

	request.tell();
};

const reasonOf = (standing: Standing): LossReason | 'unavailable' => {
	if (standing.kind === 'lost') return standing.reason;
	return standing.kind === 'unavailable' ? 'unavailable' : 'undeliverable';
};

const writeStored = async (request: RequestSession, first: Change): Promise<void> => {
	const change = first.kind === 'touch' ? await touch(request, first) : first;
	const isEmptied = change?.kind === 'emptied' || (change?.kind === 'update' && !(await writeUpdate(request, change)));
	if (isEmptied) {
		request.end();
		await request.endStored();
	}

	request.tell();
};

/** Resolves to `false` if the codec keeps nothing of what is to be written after others wrote. */
const writeUpdate = (request: RequestSession, {stored, replacement}: Update): Promise<boolean> => {
	const {state} = replacement;
	warnOfFixation(request, stored, state);
	checkTimeouts(state, stored.facts, request.records.timeouts);
	const written = request.options.write(request, stored, replacement);
	if (!request.options.isTolerant) return written;
	return written.catch(error => {
		// A newer key or codec may have encoded it once more, or the time of the last use was noted.
		if (isStoreFault(error) && !hasChanged(stored, state)) return true;
		throw error;
	});
};

/** Resolves to what is to be written instead, if another request has written the session. */
const touch = async (request: RequestSession, first: Touch): Promise<Change | undefined> => {
	const contest = new Contest(request.records.queue, request);
	let due = first;
	try {
		for (;;) {
			const {stored, expiresAt: tried} = due;
			const live = request.isUsed ? request.live : undefined;
			const answer = await tolerate(request, () => moveExpiry(request, stored, tried));
			if (answer !== 'conflict' && answer !== 'missing') {
				if (answer) request.take(answer, live);
				return undefined;
			}

			const hasCaughtUp = await tolerate(request, () => catchUp(request, stored, contest, {hasChanges: false, tried}));
			// What the route has done since a `regenerate()` is meant for the new id alone, which is written later.
			if (!hasCaughtUp || !request.stored || request.isRegenerating) return undefined;

			const change = weigh(request, request.stored);
			if (change.kind !== 'touch') return change;
			due = change;
		}
	} finally {
		contest.end();
	}
};

/** Moves the expiry. If this response can't tell the client, it must not undo what another response has announced. */
const moveExpiry = ({records, client}: RequestSession, stored: StoredSession, expiresAt: number) =>
	client.canLearn ? records.touch(stored, expiresAt) : writeExpiry(records, stored, expiresAt);

/**
Takes back a token for a session that is over by now.

While the route ran, another request may have ended the session or given it a new id, and told the client. What this
process knows of that costs no call of the store.
*/
const takeBackIfGone = (request: RequestSession): void => {
	const {stored, records, client} = request;
	if (!stored || !client.isToldAgain || !records.recent.isGone(stored)) return;
	// It may only have moved. As a session that moved, it can still be ended under its new id.
	request.lose(stored, 'moved', {hasChanges: false});
	request.tell();
};

/** With `onStoreError: 'anonymous'`, ignores a failing store. For work whose loss breaks no promise to the client. */
const tolerate = async <Result>(request: RequestSession, work: () => Promise<Result>): Promise<Result | undefined> => {
	try {
		return await work();
	} catch (error) {
		if (!request.options.isTolerant || !isStoreFault(error)) throw error;
		return undefined;
	}
};
