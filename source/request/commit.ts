import {isStoreFault} from '../errors.ts';
import {publish} from '../events.ts';
import {Contest} from '../records/contest.ts';
import type {StoredSession} from '../records/stored-session.ts';
import {catchUp} from './catch-up.ts';
import {type Change, type Touch, type Update, weigh} from './change.ts';
import {hasChanged} from './changed.ts';
import {writeExpiry} from './expiry.ts';
import {warnOfFixation} from './fixation.ts';
import {create} from './insertion.ts';
import {reportUntold} from './late.ts';
import {checkTimeouts} from './own-timeouts.ts';
import {regenerate} from './regeneration.ts';
import type {RequestSession} from './request-session.ts';
import type {LossReason, Standing} from './standing.ts';

/**
`save`: everything, or it fails. `finish`: everything, except what a failing store may cost a request that ends.
`discard`: only what takes effect even if the request fails: a new id, or the end of a session.
*/
type Mode = 'save' | 'finish' | 'discard';

/**
Commits at the end of a request. The codec can clean up in any case.

If the request failed because of the store, the store isn't called again: the client would wait twice.

@returns `undefined` if there is nothing to wait for.
*/
export const finish = (request: RequestSession, mode: 'finish' | 'discard'): Promise<void> | undefined => {
	const {turns} = request;
	if (!request.needsCommit) {
		request.settle();
		return undefined;
	}

	try {
		if (mode === 'discard' && isStoreFault(turns.fault)) throw turns.fault;
		const work = turns.hasBegun ? turns.take(async () => commit(request, mode)) : commit(request, mode);
		if (work) return turns.take(() => conclude(request, mode, work));
		takeBackIfGone(request);
	} catch (error) {
		return turns.take(() => conclude(request, mode, Promise.reject(error)));
	}

	request.settle();
	return undefined;
};

const conclude = async (request: RequestSession, mode: 'finish' | 'discard', work: Promise<void>): Promise<void> => {
	try {
		await work;
		takeBackIfGone(request);
		if (mode === 'discard') dropChanges(request);
	} catch (error) {
		// The error may reach nobody: another one replaces it, or the response is already sent.
		reportFailure(request);
		dropChanges(request);
		takeBack(request);
		throw error;
	} finally {
		if (!request.stored && request.isUsed && request.live.hasContent) request.live.report();
		request.settle();
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
const takeBack = (request: RequestSession): void => {
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
			if (request.isUsed && !request.live.isReported) await commit(request, 'finish');
		});
	} catch {
		reportFailure(request);
	} finally {
		request.settle();
	}
};

/** Reports what a failure has cost: an end, a new id, or changes. */
const reportFailure = (request: RequestSession): void => {
	if (!request.hasEnded && !request.isMoving && !hasUnsaved(request)) return;
	publish('lost', () => ({session: request.name, reason: 'failed'}));
};

/**
Writes what a request made of its session, by compare-and-swap, and tells the client.

@returns `undefined` if there is nothing to wait for, as in most requests.
*/
export const commit = (request: RequestSession, mode: Mode): Promise<void> | undefined => {
	const {stored} = request;
	if (request.hasEnded || request.isMoving || mode === 'discard') return commitSpecial(request, mode);

	const change = stored && weigh(request, stored);
	if (change && change.kind !== 'none') return writeStored(request, change);
	if (!stored && request.isUsed && request.live.hasContent) return writeNew(request, mode);
	request.tell();
	return undefined;
};

/** Commits a session that the route ended or moved, or whose request failed. */
const commitSpecial = async (request: RequestSession, mode: Mode): Promise<void> => {
	if (request.hasEnded) await request.endStored();
	if (request.isMoving) await regenerate(request, mode === 'discard' ? mode : 'save');
	else if (mode === 'discard') reportDiscarded(request);
	else if (request.stored) return writeStored(request, weigh(request, request.stored));
	else if (request.isUsed && request.live.hasContent) return writeNew(request, mode);
	request.tell();
};

const writeNew = async (request: RequestSession, mode: 'save' | 'finish'): Promise<void> => {
	const {standing, live, exchange} = request;
	const delivery = exchange.delivery();

	if (standing.kind === 'new' && delivery === 'possible') {
		const write = () => create(request, live.state);
		await (mode === 'save' ? write() : tolerate(request, write));
	} else {
		// A record whose token can't be sent would only fill the store.
		if (mode === 'save') request.checkAvailable();
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
	const isEmptied = change?.kind === 'emptied' || (change?.kind === 'update' && !(await update(request, change)));
	if (isEmptied) {
		request.end();
		await request.endStored();
	}

	request.tell();
};

/** Resolves to `false` if the codec keeps nothing of what is to be written after others wrote. */
const update = (request: RequestSession, {stored, draft}: Update): Promise<boolean> => {
	const {state} = draft;
	warnOfFixation(request, stored, state);
	checkTimeouts(state, stored.facts, request.records.timeouts);
	const written = request.options.write(request, stored, draft);
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
			const answer = await tolerate(request, () => extend(request, stored, tried));
			if (answer !== 'conflict' && answer !== 'missing') {
				if (answer) request.take(answer, live);
				return undefined;
			}

			const hasCaughtUp = await tolerate(request, () => catchUp(request, stored, contest, {hasChanges: false, tried}));
			// What the route has done since a `regenerate()` is meant for the new id alone, which is written later.
			if (!hasCaughtUp || !request.stored || request.isMoving) return undefined;

			const change = weigh(request, request.stored);
			if (change.kind !== 'touch') return change;
			due = change;
		}
	} finally {
		contest.end();
	}
};

/** Moves an expiry. If this response can't tell the client, it must not undo one that another response has announced. */
const extend = ({records, client}: RequestSession, stored: StoredSession, expiresAt: number) =>
	client.isUnreachable ? writeExpiry(records, stored, expiresAt) : records.touch(stored, expiresAt);

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

const reportDiscarded = (request: RequestSession): void => {
	if (!hasUnsaved(request)) return;
	publish('lost', () => ({session: request.name, reason: 'failed'}));
	request.live.report();
};

/** Whether the route left anything that isn't stored, and wasn't reported. */
const hasUnsaved = (request: RequestSession): boolean => {
	if (!request.isUsed || request.live.isReported) return false;
	const {stored, live} = request;
	return stored ? hasChanged(stored, live.state) : live.hasContent;
};
