import type {StoredSession} from '../records/stored-session.ts';

/** Where a request's session stands. Replaced as a whole, never changed in place. */
export type Standing =
	/** Nothing is stored yet, or the route ended what was stored. */
	| {readonly kind: 'new'}

	/** `fault`: the store failed while its new id was written, so nobody knows whether the old id is still valid. */
	| {readonly kind: 'stored'; readonly stored: StoredSession; readonly fault?: unknown}

	/** Another request ended it. */
	| {readonly kind: 'lost'; readonly reason: 'ended'}

	/**
	Another request gave it a new id. Or this request gave it a new id that its response can't carry, or comes without a proof
	of the key that the session is bound to.

	`was`: the session as this request knew it. It may live on.
	*/
	| {readonly kind: 'lost'; readonly reason: Exclude<LossReason, 'ended'>; readonly was: StoredSession}

	/** It got a new id before this request began. `oldKey`: where its tombstone is. */
	| {readonly kind: 'lost'; readonly reason: 'moved'; readonly oldKey: string}

	/** The store failed, so the request has an empty session that can't be saved. */
	| {readonly kind: 'unavailable'; readonly cause: unknown};

/** Why a request has lost its session. */
export type LossReason = 'ended' | 'moved' | 'undeliverable' | 'unproven';

/**
Whether a request proves the key that its session is bound to.

`unneeded`: it isn't bound. `missing`: no proof, and none is needed yet. `given`: the device has proved its key.
`confirming`: this is the first request that shows it. `refused`: a proof is needed, and missing.
*/
export type Proof = 'unneeded' | 'missing' | 'given' | 'confirming' | 'refused';

/** What a client holds, as far as this request knows. `isStale`: an older key signed its token. */
export type Held = {
	readonly id: string;
	readonly expiresAt: number;
	readonly permanent: boolean;
	readonly isStale: boolean;
};

/** What a request's tokens led to. `transport`: that of the token that counts; absent if no token verified. */
export type Found = {
	readonly standing: Standing;
	readonly held?: Held | undefined;
	readonly transport?: string;
	readonly proof?: Proof;
};
