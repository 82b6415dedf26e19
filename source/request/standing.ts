import type {StoredSession} from '../records/stored-session.ts';

/** Where a request's session stands. Replaced as a whole, never changed in place. */
export type Standing =
	/** Nothing is stored yet, or the route ended what was. */
	| {readonly kind: 'new'}

	/** `fault`: writing its new id failed in a way that left unknown whether the old one still counts. */
	| {readonly kind: 'stored'; readonly stored: StoredSession; readonly fault?: unknown}

	/**
	Another request ended it or gave it a new id, or this one should have and its response can't carry it.

	`was`: the session as this request had it, if it had it and something may have become of it.
	*/
	| {readonly kind: 'lost'; readonly reason: LossReason; readonly was?: StoredSession}

	/** The store failed, so the request works with an empty session that it can't keep. */
	| {readonly kind: 'unavailable'; readonly cause: unknown};

/** Why a request can't go on with its session. */
export type LossReason = 'ended' | 'moved' | 'undeliverable';

/** What a client holds, as far as this request knows. `isStale`: an older key signed its token. */
export type Held = {
	readonly id: string;
	readonly expiresAt: number;
	readonly permanent: boolean;
	readonly isStale: boolean;
};

/** What a request's tokens led to. `transport`: of the token that counts; absent if none of them verified. */
export type Found = {readonly standing: Standing; readonly held?: Held | undefined; readonly transport?: string};
