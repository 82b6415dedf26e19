import type {Draft, StoredSession} from '../records/stored-session.ts';
import {expiryOf, withUse} from './expiry.ts';
import type {RequestSession} from './request-session.ts';

/** What a request has to write of its stored session. `emptied`: the codec keeps nothing, so the session ends. */
export type Change = Touch | Update | {readonly kind: 'none'} | {readonly kind: 'emptied'};

/** Only the expiry moves. */
export type Touch = {readonly kind: 'touch'; readonly stored: StoredSession; readonly expiresAt: number};

/** The record is replaced. */
export type Update = {
	readonly kind: 'update';
	readonly stored: StoredSession;
	readonly draft: Draft;

	/** Whether nothing has changed but the time of the last use. */
	readonly isNote: boolean;
};

/** Compares what the route left with what is stored. */
export const weigh = (request: RequestSession, stored: StoredSession): Change => {
	const {record, facts} = stored;
	const state = request.isUsed ? request.live.stateSeenAt(facts.seenAt) : stored.open();
	const bytes = request.isUsed ? stored.encode(state) : record.bytes;
	if (bytes === undefined) return {kind: 'emptied'};

	const isNote = bytes === record.bytes && state.subject === record.subject;
	const expiresAt = expiryOf(request, stored, state);
	const draft = noteUse(request, stored, {bytes, expiresAt, state});
	if (!isNote || draft.state !== state) return {kind: 'update', stored, draft, isNote};
	// A touch instead of a write also keeps a slow reader from undoing what another request has written.
	return expiresAt === record.expiresAt ? {kind: 'none'} : {kind: 'touch', stored, expiresAt};
};

/** Adds the time of this use to a draft, if no expiry shows it. */
export const noteUse = (request: RequestSession, stored: StoredSession, draft: Draft): Draft => {
	const state = withUse(request, draft.state, draft.expiresAt, stored.knownAt);
	if (state === draft.state) return draft;

	try {
		const bytes = stored.encode(state);
		return bytes ? {...draft, bytes, state} : draft;
	} catch {
		// What can't be encoded stays as it is, so that reading it doesn't fail.
		return draft;
	}
};
