import type {Stored} from '../codec.ts';
import type {Records} from '../records/records.ts';
import type {Replacement, State, StoredSession} from '../records/stored-session.ts';
import {expiryOf, withUse} from './expiry.ts';
import {hasChanged} from './has-changed.ts';
import type {RequestSession} from './request-session.ts';

/** What a request has to write of its stored session. `emptied`: the codec keeps nothing, so the session ends. */
export type Change = Touch | Update | {readonly kind: 'none'} | {readonly kind: 'emptied'};

/** Only the expiry moves. */
export type Touch = {readonly kind: 'touch'; readonly stored: StoredSession; readonly expiresAt: number};

/** The record is replaced. */
export type Update = {readonly kind: 'update'; readonly stored: StoredSession; readonly replacement: Replacement};

/** Compares what the route left with what is stored. */
export const weigh = (request: RequestSession, stored: StoredSession): Change => {
	const {record, facts} = stored;
	const state = request.isUsed ? request.live.stateSeenAt(facts.seenAt) : stored.open();
	const bytes = request.isUsed ? encode(request.records, stored, state) : record.bytes;
	if (bytes === undefined) return {kind: 'emptied'};

	const expiresAt = expiryOf(request, stored, state);
	const replacement = noteUse(request, stored, {bytes, expiresAt, state});
	if (replacement.bytes !== record.bytes) return {kind: 'update', stored, replacement};
	// A touch instead of a write also keeps a slow reader from undoing what another request has written.
	return expiresAt === record.expiresAt ? {kind: 'none'} : {kind: 'touch', stored, expiresAt};
};

/** Adds the time of this use to a replacement, if no expiry shows it. */
export const noteUse = (request: RequestSession, stored: StoredSession, replacement: Replacement): Replacement => {
	const state = withUse(request, replacement.state, replacement.expiresAt, stored.knownAt);
	if (state === replacement.state) return replacement;

	try {
		const bytes = stored.encode(state);
		if (!bytes) return replacement;
		request.records.checkSize(stored.key, bytes, state);
		return {...replacement, bytes, state};
	} catch {
		// What can't be encoded or takes too much stays as it is, so that reading it doesn't fail.
		return replacement;
	}
};

/**
Encodes what the route left. What it hasn't changed stays as it is if it can't be written again: by a new codec it may take
more bytes than the store holds. Otherwise every request that reads the session would fail.
*/
export const encode = (records: Records, stored: StoredSession, state: State): Stored => {
	try {
		const bytes = stored.encode(state);
		if (bytes && bytes !== stored.record.bytes) records.checkSize(stored.key, bytes, state);
		return bytes;
	} catch (error) {
		if (hasChanged(stored, state)) throw error;
		return stored.record.bytes;
	}
};
