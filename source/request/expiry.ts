import {differInLife} from '../records/expiry.ts';
import type {Records} from '../records/records.ts';
import type {State, StoredSession} from '../records/stored-session.ts';
import type {RequestSession} from './request-session.ts';

/**
The expiry to write: another one if an extension is due or the session's own timeouts changed, otherwise the record's.

A record must not live longer than its cookie. The client would never learn of such an extension: at the next request
none is due, so no cookie is sent. A cookie that ends with the browser is no limit. What is stored already is never
taken back: another request has told the client of it.
*/
export const expiryOf = ({records, client}: RequestSession, {record, facts}: StoredSession, state: State): number => {
	const {expiresAt} = record;
	const isOther = differInLife(facts, state);
	const due = isOther ? records.nextExpiry(state) : records.dueExpiry(expiresAt, state);
	if (due === undefined || (!isOther && !client.exchange.isUse)) return expiresAt;
	if (!state.permanent || due < expiresAt) return due;
	return Math.max(expiresAt, Math.min(due, client.latestExpiry(expiresAt)));
};

/** Adds the time of this use to what is written with an expiry, if that doesn't show it. */
export const withUse = (
	{records, exchange}: RequestSession,
	state: State,
	expiresAt: number,
	usedAt?: number,
): State => {
	const seenAt = records.dueUse(expiresAt, state, usedAt);
	return seenAt !== undefined && exchange.isUse ? {...state, seenAt} : state;
};

/** The latest expiry of a session that gets a new id: a request that is no use of it extends nothing. */
export const latestOfSuccessor = ({stored, exchange}: RequestSession, state: State): number =>
	!stored || differInLife(stored.facts, state) || exchange.isUse ? Number.POSITIVE_INFINITY : stored.record.expiresAt;

/** Writes another expiry, unless another request has moved it since. A touch can't say which expiry it replaces. */
export const writeExpiry = (records: Records, stored: StoredSession, expiresAt: number) =>
	records.replace(stored, {bytes: stored.record.bytes, expiresAt, state: stored.decode(), comparesExpiry: true});
