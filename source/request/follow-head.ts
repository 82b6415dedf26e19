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

A failure to extend is ignored: the cookie may outlive the record, and the commit tries again. Without news, the commit's own
extension is undone, as far as the store lets it.
*/
export const followHead = (request: RequestSession, news: News | undefined): void => {
	const {stored, exchange, records, turns} = request;
	if (!news) {
		turns.take(() => undoExtension(request)).catch(() => undefined);
		return;
	}
	if (!stored || news.kind !== 'token' || news.id !== stored.id) return;
	const {record, facts} = stored;
	const due = records.dueExpiry(record.expiresAt, facts) ?? 0;
	const isDue = news.expiresAt > record.expiresAt || due >= record.expiresAt + leastGain;
	const expiresAt = isDue ? records.nextExpiry(facts) : record.expiresAt;

	try {
		if (isDue || expiresAt !== news.expiresAt) exchange.tell({...news, expiresAt});
	} catch {
		// A key that is gone by now must not break a response on its way out. The response keeps its earlier expiry.
		return;
	}
	records.recent.tell(stored.key, expiresAt);
	if (isDue) turns.take(() => extendRecord(request, expiresAt)).catch(() => undefined);
};

/**
Undoes the commit's extension if middleware made the response public after the commit, so that the headers don't carry it.
Otherwise the cookie would expire before the record, and no later request would find an extension due.

It leaves what other responses of this process have told so far. One of another process, or one that leaves later, may tell
more; then the session ends as early as without this request, unless it is used before.
*/
const undoExtension = async (request: RequestSession): Promise<void> => {
	const {stored, isUsed, client, records} = request;
	const heldUntil = stored && client.heldUntil(stored);
	if (!stored || heldUntil === undefined) return;
	const toldUntil = Math.max(heldUntil, records.recent.toldUntil(stored.key));
	if (stored.record.expiresAt <= toldUntil) return;

	const live = isUsed ? request.live : undefined;
	const answer = await writeExpiry(records, stored, toldUntil);
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
