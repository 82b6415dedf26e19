import type {Stored} from '../codec.ts';
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
	const {record, facts} = stored;
	const state = request.isUsed ? request.live.stateSeenAt(facts.seenAt) : stored.open();
	const bytes = request.isUsed ? stored.encode(state) : record.bytes;
	if (bytes === undefined) return {kind: 'emptied', stored, state};

	const isNote = bytes === record.bytes && state.subject === record.subject;
	const seen = seenAt(request, stored);
	if (seen !== facts.seenAt) {
		const noted = {...state, seenAt: seen};
		const written = encodeNote(stored, noted);
		if (written) return {kind: 'update', stored, state: noted, bytes: written, isNote};
	}

	if (!isNote) return {kind: 'update', stored, state, bytes, isNote};
	// A touch instead of a write also keeps a slow reader from undoing what another request has written.
	return {kind: expiryOf(request, stored, state) === record.expiresAt ? 'none' : 'touch', stored, state};
};

/** `undefined` if the codec can't: then the session stays as it is, so that reading it doesn't fail. */
const encodeNote = (stored: StoredSession, state: State): Stored => {
	try {
		return stored.encode(state);
	} catch {
		return undefined;
	}
};
