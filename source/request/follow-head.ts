import type {News} from './exchange.ts';
import {writeExpiry} from './expiry.ts';
import type {RequestSession} from './request-session.ts';

/** Cookies count seconds. With `touchAfter: 0`, each millisecond after the commit would be worth a second write. */
const leastGain = 1000;

/**
Extends the record as the headers leave, if they say so and the commit hasn't done it yet: the route sends its headers early.
Otherwise the session might end while its response goes on.

The headers say what counts from now on. What they said at first may be less than another request has extended since. So may
what a `save()` made them say, if another extension is due by now.

A failure is ignored: the cookie may outlive the record, and the commit tries again.
*/
export const followHead = (request: RequestSession, news: News | undefined): void => {
	const {stored, exchange, records, turns} = request;
	if (!news) {
		turns.take(() => takeBack(request)).catch(() => undefined);
		return;
	}
	if (!stored || news.kind !== 'token' || news.id !== stored.id) return;
	const {record, facts} = stored;
	const due = records.dueExpiry(record.expiresAt, facts) ?? 0;
	const isDue = news.expiresAt > record.expiresAt || due >= record.expiresAt + leastGain;
	const expiresAt = isDue ? records.nextExpiry(facts) : record.expiresAt;
	if (!isDue && expiresAt === news.expiresAt) return;

	try {
		exchange.tell({...news, expiresAt});
	} catch {
		// A key that is gone by now must not break a response on its way out. The response keeps its earlier expiry.
		return;
	}
	if (isDue) turns.take(() => extendRecord(request, expiresAt)).catch(() => undefined);
};

/**
Takes back the commit's extension if the headers don't say it: since then, the response has become one that shared caches may
store. The cookie would end earlier than the record, and no later request would find an extension due.
*/
const takeBack = async (request: RequestSession): Promise<void> => {
	const {stored, isUsed, client, records} = request;
	const heldUntil = stored && client.heldUntil(stored);
	if (!stored || heldUntil === undefined || stored.record.expiresAt <= heldUntil) return;

	const live = isUsed ? request.live : undefined;
	const answer = await writeExpiry(records, stored, heldUntil);
	if (typeof answer !== 'string') request.take(answer, live);
};

const extendRecord = async (request: RequestSession, expiresAt: number): Promise<void> => {
	const {stored, isUsed, records} = request;
	if (!stored || stored.record.expiresAt >= expiresAt) return;

	const live = isUsed ? request.live : undefined;
	const answer = await writeExpiry(records, stored, expiresAt);
	if (typeof answer !== 'string') return request.take(answer, live);
	if (answer === 'missing') return;

	// What another request has written is merged at the commit. Perhaps it extended nothing.
	const newest = await records.read(stored.id, stored.key);
	if (typeof newest === 'string') return;
	newest.abort();
	// It may also have given the session a shorter life.
	const due = Math.min(expiresAt, records.nextExpiry(newest.facts));
	if (newest.record.expiresAt < due) await writeExpiry(records, newest, due);
};
