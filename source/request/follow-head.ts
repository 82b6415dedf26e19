import {touch} from './commit.ts';
import type {News} from './exchange.ts';
import type {RequestSession} from './request-session.ts';

/**
Lets the record follow what the headers say of an extension as they leave. Usually the commit has done so by then.

- If the route sends its headers early, the record is extended now: the session might end while the response goes on.
- If the response says nothing after all, because it turned out to be public, the extension is taken back. Otherwise none
  would be due at the next request, which would say nothing either, and the client's cookie would end before the session.

A failure is ignored: the cookie may outlive the record, and the commit tries again.
*/
export const followHead = (request: RequestSession, news: News | undefined): void => {
	const {stored} = request;
	if (!stored) return;
	if (news?.kind === 'token' && news.id === stored.id && news.expiresAt > stored.record.expiresAt) {
		ignoreFailure(request, () => extend(request, news.expiresAt));
	} else if (!news && stored.facts.permanent && !request.isUsed) {
		ignoreFailure(request, () => takeBack(request));
	}
};

const extend = async (request: RequestSession, expiresAt: number): Promise<void> => {
	const {stored} = request;
	if (stored && stored.record.expiresAt < expiresAt) await touch(request, {kind: 'touch', stored, expiresAt});
};

const takeBack = async ({stored, client, records}: RequestSession): Promise<void> => {
	const expiresAt = client.heldUntil ?? 0;
	if (!stored || expiresAt >= stored.record.expiresAt || expiresAt <= Date.now()) return;
	await records.replace(stored, {bytes: stored.record.bytes, expiresAt, state: stored.decode(), isUntold: true});
};

const ignoreFailure = ({turns}: RequestSession, work: () => Promise<void>): void => {
	turns.take(work).catch(() => undefined);
};
