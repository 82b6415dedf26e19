import {SessionError} from '../errors.ts';
import {publish} from '../events.ts';
import {Contest} from '../records/contest.ts';
import {differInLife} from '../records/expiry.ts';
import {patience} from '../records/queue.ts';
import type {Records} from '../records/records.ts';
import {Slice} from '../records/slice.ts';
import type {State, StoredSession} from '../records/stored-session.ts';
import type {EndOptions} from '../records/trail.ts';
import type {Data, Session} from '../session.ts';
import type {SessionRecord} from '../store.ts';
import {encode} from './change.ts';
import {Draft} from './draft.ts';
import {claimIfOvertaken, runClaimed} from './overtaken.ts';
import {checkTimeouts} from './own-timeouts.ts';

/** What `sessions.update()` gets: it changes the session in place. Its result is awaited, and ignored. */
export type ChangeElsewhere = (session: Session<Data>) => unknown;

/**
Atomically changes a session that belongs to no request here: `change` runs on the newest stored state until its write wins.

A request that has the session merges this change, as it does that of another request. Nothing is extended: a client
learns of a later expiry only by a cookie.

@param options `isMeant`: asked about the session that is found. `trail`: that of a walk over many sessions.
@returns Whether the session lived. One that can't be decoded doesn't count; an event is published.
*/
export const updateElsewhere = async (
	records: Records,
	key: string,
	change: ChangeElsewhere,
	options: Pick<EndOptions, 'isMeant' | 'trail'> = {},
): Promise<boolean> => {
	// After a conflict, the requests of this process wait until the function has run again.
	const contest = new Contest(records.queue, {}, {longestTurn: patience.function});
	try {
		for (let current = key; ; ) {
			const found = await records.readNewest(current, options.trail);
			if (typeof found === 'string') return false;
			if (options.isMeant?.(found.key, found.record) === false) {
				found.abort();
				return false;
			}

			const answer = await tryOnce(records, found, change, contest);
			if (answer === 'done') {
				options.trail?.pass(found.key);
				return true;
			}

			const {tries} = contest;
			publish('conflict', () => ({session: records.nameOf(found.key), tries: tries + 1}));
			current = found.key;
			await contest.waitToRetry(current);
		}
	} finally {
		contest.end();
	}
};

/**
Changes all of a subject's sessions.

First finds all, then changes each once, under the id that it has by then: tombstones that were followed, and sessions that
were changed, lead to nothing new.

@returns How many lived.
*/
export const updateAllElsewhere = async (
	records: Records,
	walk: AsyncIterable<string>,
	subject: string,
	change: ChangeElsewhere,
): Promise<number> => {
	const keys: string[] = [];
	for await (const key of walk) keys.push(key);

	const isMeant = (_key: string, record: SessionRecord) => record.subject === subject;
	const options = {trail: records.trail(), isMeant};
	const slice = new Slice();
	let changed = 0;
	for (const key of keys) {
		if (await updateElsewhere(records, key, change, options)) changed++;
		await slice.giveWay();
	}
	return changed;
};

const tryOnce = async (
	records: Records,
	found: StoredSession,
	change: ChangeElsewhere,
	contest: Contest,
): Promise<'done' | 'conflict' | 'missing'> => {
	let from = found;
	try {
		const claimed = await claimIfOvertaken(records, found, contest);
		if (typeof claimed === 'string') return claimed;

		from = claimed;
		return await runClaimed(records, from, () => write(records, claimed, change, contest));
	} finally {
		from.abort();
	}
};

/** Runs the function on a session, and writes what it made of it. */
const write = async (
	records: Records,
	from: StoredSession,
	change: ChangeElsewhere,
	contest: Contest,
): Promise<'done' | 'conflict' | 'missing'> => {
	const draft = new Draft(from.open(), membersOf(records, from));
	await contest.run(() => change(draft.session as unknown as Session<Data>));
	const state = withLastUse(records, from, draft.state);
	const bytes = encode(records, from, state);
	const {record} = from;
	if (bytes === undefined) return (await records.end(from.key, {version: record.version})) ? 'done' : 'missing';
	const isChanged = bytes !== record.bytes;
	if (!isChanged && !records.claims.holds(from)) return 'done';

	const answer = isChanged
		? await records.replace(from, {bytes, expiresAt: shortenedExpiry(records, from, state), state})
		: await records.claims.release(from);
	return typeof answer === 'string' ? answer : 'done';
};

const membersOf = (records: Records, found: StoredSession) => ({
	get id(): string {
		throw new SessionError('ERR_SESSION_READ_ONLY', 'Only the client of this session knows its id. Use `handle`');
	},
	handle: records.handleIn(found.key),
	isNew: false,
	isBound: false,
	...records.datesOf(found),
});

/** With other timeouts, the expiry doesn't show any more when the session was last used. */
const withLastUse = (records: Records, from: StoredSession, state: State): State =>
	differInLife(from.facts, state) ? {...state, seenAt: records.datesOf(from).lastSeenAt.getTime()} : state;

/** Shorter timeouts count from the session's last use. Longer ones count from its next use. */
const shortenedExpiry = (records: Records, found: StoredSession, state: State): number => {
	const {record, facts} = found;
	if (!differInLife(facts, state)) return record.expiresAt;
	checkTimeouts(state, facts, records.timeouts);
	return Math.min(record.expiresAt, records.nextExpiry(state, records.datesOf(found).lastSeenAt.getTime()));
};
