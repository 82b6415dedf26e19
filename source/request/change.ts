import type {State, StoredSession} from '../records/stored-session.ts';
import {expiryOf, seenAt} from './expiry.ts';
import type {RequestSession} from './request-session.ts';

/** What a request has to write of its stored session. `emptied`: the codec keeps nothing, so the session ends. */
export type Change = Touch | Update | (Weighed & {readonly kind: 'none'}) | (Weighed & {readonly kind: 'emptied'});

/** Only the expiry moves. */
export type Touch = Weighed & {readonly kind: 'touch'};

/** The record is replaced. */
export type Update = Weighed & {
	readonly kind: 'update';
	readonly bytes: Uint8Array;

	/** Whether nothing has changed but the time of the last use. */
	readonly isNote: boolean;
};

type Weighed = {readonly stored: StoredSession; readonly state: State};

/** Compares what the route left with what is stored. */
export const weigh = (request: RequestSession, stored: StoredSession): Change => {
	const {record} = stored;
	const state = request.isUsed ? request.live.stateSeenAt(stored.facts.seenAt) : stored.open();
	const bytes = request.isUsed ? stored.encode(state) : record.bytes;
	if (bytes === undefined) return {kind: 'emptied', stored, state};

	const isNote = bytes === record.bytes && state.subject === record.subject;
	const noted = noteUse(request, stored, {bytes, state});
	if (!isNote || noted.state !== state) return {kind: 'update', stored, ...noted, isNote};
	// A touch instead of a write also keeps a slow reader from undoing what another request has written.
	return {kind: expiryOf(request, stored, state) === record.expiresAt ? 'none' : 'touch', stored, state};
};

type Written = {readonly bytes: Uint8Array; readonly state: State};

/** Adds the time of this use to what is written of a session, if no expiry shows it. */
export const noteUse = <Draft extends Written>(request: RequestSession, stored: StoredSession, draft: Draft): Draft => {
	const seen = seenAt(request, stored);
	if (seen === draft.state.seenAt) return draft;

	const state = {...draft.state, seenAt: seen};
	try {
		const bytes = stored.encode(state);
		return bytes ? {...draft, bytes, state} : draft;
	} catch {
		// What can't be encoded stays as it is, so that reading it doesn't fail.
		return draft;
	}
};
