import {type SessionRecord, toVersion, type Version, type VersionedRecord} from '../../store.ts';
import {decodeFrame, encodeFrame, longestFrameHead} from '../shared/frame.ts';
import {drawVersion} from '../shared/version.ts';
import type {CasToken, MemcachedClient} from './client.ts';

/** What memcached holds under a key, with its token for this exact state. */
export type Item = VersionedRecord & {readonly token: CasToken};

/** What is to be stored under a key. */
export type Draft = {
	readonly version: Version;
	readonly value: Buffer;

	/** When memcached may drop it, as `lifetimeOf()` says it. */
	readonly lifetime: number;

	/** Why a write of it got no reply, so that it may have been stored. */
	lost?: unknown;
};

const longestKey = 250;

/** What memcached keeps beside a key and a value: 63 octets in version 1.6.18, and some reserve. */
const itemHead = 128;

/** The most octets that an item has besides the bytes of its record. */
export const itemOverhead: number = longestFrameHead + longestKey + itemHead;

/** What to store of a record. A new state of it gets a new version. */
export const draft = (record: SessionRecord, version: Version = drawVersion()): Draft => ({
	version,
	value: encodeFrame(record, version),
	lifetime: lifetimeOf(record),
});

/** The same record, with another expiry. */
export const redraft = (item: Item, expiresAt: number): Draft => draft({...item, expiresAt}, item.version);

/**
What takes a record's place when it is deleted.

It holds the key for a while. A create that was sent twice may still arrive from a broken connection, and would bring the
session back under a free key.
*/
export const draftOfNothing = (): Draft => ({
	...draft({bytes: new Uint8Array(), expiresAt: 0}),
	lifetime: reserveSeconds,
});

/** Reads what is under a key, expired or not. What isn't a record counts as one that ended long ago. */
export const readItem = async (client: MemcachedClient, key: string): Promise<Item | undefined> => {
	const found = await gets(client, key);
	return found && {...(decodeFrame(found.value) ?? noRecord), token: found.casUniq};
};

const noRecord: VersionedRecord = {version: toVersion(''), expiresAt: 0, bytes: new Uint8Array()};

/** Stores an item under a free key. `false`: the key is taken. */
export const add = (client: MemcachedClient, key: string, next: Draft): Promise<boolean> =>
	settle(next, () => client.add(key, next.value, {lifetime: next.lifetime}));

/** Replaces an item that is still at `token`. `false`: it has changed, or there is none. */
export const replace = (client: MemcachedClient, key: string, next: Draft, token: CasToken): Promise<boolean> =>
	settle(next, () => client.cas(key, next.value, {lifetime: next.lifetime, casUniq: token}));

/** Writes an item. If there is no reply, nobody knows what happened: the operation runs again, and finds its own version. */
const settle = async (next: Draft, write: () => Promise<unknown>): Promise<boolean> => {
	try {
		await write();
		return true;
	} catch (error) {
		if (isRefusal(error)) return false;
		next.lost = error;
		throw error;
	}
};

const refusals: readonly unknown[] = ['NOT_STORED', 'EXISTS', 'NOT_FOUND'];

const isRefusal = (error: unknown): boolean => error instanceof Error && refusals.includes(error.message);

const gets = async (
	client: MemcachedClient,
	key: string,
): Promise<{readonly casUniq: CasToken; readonly value: Buffer} | undefined> => {
	try {
		const reply = await client.gets(key);
		// For a missing `toString` or `__proto__`, memcache-client returns what every object has under that name.
		if (reply?.value === undefined) return undefined;
		if (Number(reply.casUniq) === 0)
			throw new Error('Expected memcached to be started without `-C`: it disables `cas`');
		return {casUniq: reply.casUniq, value: Buffer.isBuffer(reply.value) ? reply.value : Buffer.alloc(0)};
	} catch (error) {
		// The client parses what others stored as JSON, and the message about bad JSON quotes it.
		if (error instanceof SyntaxError) throw new Error('Expected a record under a key, got what another client stored');
		throw error;
	}
};

const longestLifetimeSeconds = 30 * 24 * 60 * 60;
const latestSeconds = 2 ** 31 - 1;
const reserveSeconds = 60;

/**
When memcached may drop an item: a minute late, because the record itself says when it ends.

memcached counts whole seconds with a tick that comes late on a busy machine: an item with a second to live can be gone
after a few milliseconds. It reads more than 30 days as a date, by a clock that may differ from this machine's. Dates end
in 2038, 0 means never, and -1 means at once.
*/
const lifetimeOf = ({expiresAt}: SessionRecord): number => {
	const now = Date.now();
	if (expiresAt <= now) return -1;

	const lifetimeSeconds = Math.ceil((expiresAt - now) / 1000) + reserveSeconds;
	if (lifetimeSeconds <= longestLifetimeSeconds) return lifetimeSeconds;

	const endSeconds = Math.ceil(now / 1000) + lifetimeSeconds;
	return endSeconds <= latestSeconds ? endSeconds : 0;
};
