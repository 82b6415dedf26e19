import {Contest} from '../records/contest.ts';
import {changedWithin, destroyed, unproven} from '../records/errors.ts';
import {patience} from '../records/queue.ts';
import {hasContent, type State, type StoredSession} from '../records/stored-session.ts';
import type {Data, Session} from '../session.ts';
import {catchUp} from './catch-up.ts';
import {encode, noteUse} from './change.ts';
import {Draft} from './draft.ts';
import {expiryOf} from './expiry.ts';
import {warnOfFixation} from './fixation.ts';
import {create} from './insertion.ts';
import type {LiveState} from './live-state.ts';
import {reportIfLate, reportUntold} from './losses.ts';
import {claimIfOvertaken, runClaimed} from './overtaken.ts';
import {checkTimeouts} from './own-timeouts.ts';
import {regenerate} from './regeneration.ts';
import type {RequestSession} from './request-session.ts';

/** What a try starts from: the stored state, and the request's session at that time. */
type Start = {readonly from: StoredSession | undefined; readonly live: LiveState};

/**
How often the function runs before it must itself be the cause of the conflicts. One request may make this many updates at
once, and each may collide with the others.
*/
const maxRuns = 1000;

/**
Changes a session atomically: `change` runs on the newest stored state, until its write wins.

`change` runs outside of the request's turns, so that an update within another one doesn't wait forever.
*/
export const update = async <Result>(
	request: RequestSession,
	change: (session: Session<Data>) => Result | Promise<Result>,
): Promise<Result> => {
	const {turns, records} = request;
	// After a conflict, the other requests of this process wait until the function has run again.
	const contest = new Contest(records.queue, request, {longestTurn: patience.function});
	try {
		for (let runs = 1; runs <= maxRuns; runs++) {
			const start = await turns.takeRemembered(() => prepare(request, contest));
			const draft = toDraft(request, start);
			const done = await runClaimed(records, start.from, async () => {
				const result = await contest.run(() => change(draft.session as unknown as Session<Data>));
				const isWritten = await turns.takeRemembered(() => writeUpdate(request, start, draft.state, contest));
				return isWritten && {result};
			});
			if (done) return done.result;
		}

		throw changedWithin(maxRuns);
	} finally {
		contest.end();
	}
};

/** Finds what to start from. First writes a new id that isn't written yet; unsaved changes stay unsaved. */
const prepare = async (request: RequestSession, contest: Contest): Promise<Start> => {
	if (request.isRegenerating) {
		await regenerate(request, 'stored');
		request.tell();
	}

	await claim(request, contest);
	request.checkAvailable();
	const {standing} = request;
	if (standing.kind === 'lost') throw standing.reason === 'unproven' ? unproven() : destroyed();
	if (hasNothingLeft(request)) throw destroyed();
	return {from: request.stored, live: request.live};
};

/** Claims the session if others keep overtaking this request. Catches up with their writes until it is claimed. */
const claim = async (request: RequestSession, contest: Contest): Promise<void> => {
	for (let {stored} = request; stored; {stored} = request) {
		const answer = await claimIfOvertaken(request.records, stored, contest);
		if (answer === stored || request.stored !== stored) return;
		if (answer === 'conflict') await catchUp(request, stored, contest, {hasChanges: true});
		else if (answer === 'missing') request.lose(stored, 'ended', {hasChanges: true});
		else request.standing = {kind: 'stored', stored: answer};
	}
};

const toDraft = ({records, isBound}: RequestSession, {from, live}: Start): Draft => {
	const state = {...(from?.decode() ?? live.blank), binding: live.binding};
	return new Draft(state, {id: live.id, isNew: !from, isBound, ...records.datesOf(from ?? state)});
};

/** Whether the route has ended its session and not started another one. */
const hasNothingLeft = ({hasEnded, stored, live}: RequestSession): boolean => hasEnded && !stored && !live.hasContent;

/** Writes the new state of `from`. Resolves to `false` if `from` isn't the newest state any more. */
const writeUpdate = async (
	request: RequestSession,
	{from, live}: Start,
	state: State,
	contest: Contest,
): Promise<boolean> => {
	if (request.stored !== from || request.live !== live || request.isRegenerating) return false;
	if (!from) {
		await createFrom(request, state);
		return true;
	}

	const bytes = encode(request.records, from, state);
	if (bytes === from.record.bytes) {
		// Nothing is written, so no compare-and-swap shows whether the function saw the newest state.
		const answer = await request.records.claims.release(from);
		if (typeof answer !== 'string') {
			if (answer !== from) request.take(answer, live);
			return true;
		}
		if (await catchUp(request, from, contest, {hasChanges: false})) return false;
		throw destroyed();
	}

	if (bytes === undefined) {
		request.end();
		await request.endStored();
		return true;
	}

	warnOfFixation(request, from, state);
	checkTimeouts(state, from.facts, request.records.timeouts);
	const replacement = noteUse(request, from, {bytes, expiresAt: expiryOf(request, from, state), state});
	const comparesExpiry = replacement.expiresAt !== from.record.expiresAt && !request.client.canLearn;
	const answer = await request.records.replace(from, {...replacement, comparesExpiry});
	if (answer === 'conflict' && (await catchUp(request, from, contest, {hasChanges: true}))) {
		const {stored} = request;
		// Only its expiry has moved, so the function has seen the newest state.
		const isTouched = stored?.record.version === from.record.version;
		return isTouched && writeUpdate(request, {from: stored, live}, state, contest);
	}
	if (answer === 'missing') request.lose(from, 'ended', {hasChanges: true});
	if (typeof answer === 'string') throw destroyed();

	if (live === request.live) request.rebase(from.decode(), answer.decode());
	reportIfLate(request);
	request.take(answer, live);
	request.tell();
	return true;
};

/** Stores a new session with what `update()` made. The route's other changes are stored at the commit. */
const createFrom = async (request: RequestSession, state: State): Promise<void> => {
	const {live, client} = request;
	if (!hasContent(state)) return;

	if (!client.canLearn) {
		reportUntold(request);
		return;
	}

	const {blank} = live;
	await create(request, state);
	if (live === request.live && request.stored) request.rebase(blank, request.stored.decode());
	request.tell();
};
