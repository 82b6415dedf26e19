import {type SessionRecord, toVersion, type Version, type VersionedRecord} from '../../store.ts';
import {decodeFrame, encodeFrame, longestFrameHead} from '../shared/frame.ts';
import {drawVersion} from '../shared/version.ts';
import type {CasToken, MemcachedClient} from './client.ts';

/** What memcached holds under a key, with its token for that very state. */
export type Item = VersionedRecord & {readonly token: CasToken};

/** What is to be stored under a key. */
export type Draft = {readonly version: Version; readonly expiresAt: number; readonly value: Buffer};

const longestKey = 250;

/** What memcached keeps beside a key and a value: 63 octets in 1.6.18, and some in reserve. */
const itemHead = 128;

/** The most octets that an item has beyond the bytes of its record. */
export const itemOverhead: number = longestFrameHead + longestKey + itemHead;

/** Makes what to store of a record. A new state of it gets a new version. */
export const draft = (record: SessionRecord, version: Version = drawVersion()): Draft => ({
	version,
	expiresAt: record.expiresAt,
	value: encodeFrame(record, version),
});

/** The same record, with another end. */
export const redraft = (item: Item, expiresAt: number): Draft => draft({...item, expiresAt}, item.version);

/** What takes a record's place when it is deleted: memcached drops it at once. */
export const draftOfNothing = (): Draft => draft({bytes: new Uint8Array(), expiresAt: 0});

/** Reads what is under a key, whether it has ended or not. What is no record counts as one that ended long ago. */
export const readItem = async (client: MemcachedClient, key: string): Promise<Item | undefined> => {
	const found = await gets(client, key);
	return found && {...(decodeFrame(found.value) ?? noRecord), token: found.casUniq};
};

const noRecord: VersionedRecord = {version: toVersion(''), expiresAt: 0, bytes: new Uint8Array()};

/** Stores under a free key. `false`: it isn't free. */
export const add = (client: MemcachedClient, key: string, next: Draft): Promise<boolean> =>
	settle(client, key, next, () => client.add(key, next.value, {lifetime: lifetimeOf(next)}));

/** Replaces an item that is still at `token`. `false`: it isn't, or there is none. */
export const replace = (client: MemcachedClient, key: string, next: Draft, token: CasToken): Promise<boolean> =>
	settle(client, key, next, () => client.cas(key, next.value, {lifetime: lifetimeOf(next), casUniq: token}));

/** Writes. A write without a reply may have been done, and then it can be seen: nobody else draws its version. */
const settle = async (
	client: MemcachedClient,
	key: string,
	{value}: Draft,
	write: () => Promise<unknown>,
): Promise<boolean> => {
	try {
		await write();
		return true;
	} catch (error) {
		if (isRefusal(error)) return false;
		const found = await gets(client, key).catch(() => undefined);
		if (found?.value.equals(value)) return true;
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
		// For a missing `toString` or `__proto__` memcache-client gives what every object has under that name.
		if (reply?.value === undefined) return undefined;
		if (Number(reply.casUniq) === 0)
			throw new Error('Expected memcached to be started without `-C`: it disables `cas`');
		return {casUniq: reply.casUniq, value: Buffer.isBuffer(reply.value) ? reply.value : Buffer.alloc(0)};
	} catch (error) {
		// The client reads what others stored as JSON, and the message about bad JSON quotes it.
		if (error instanceof SyntaxError) throw new Error('Expected a record under a key, got what another client stored');
		throw error;
	}
};

const longestLifetimeSeconds = 30 * 24 * 60 * 60;
const latestSeconds = 2 ** 31 - 1;
const reserveSeconds = 60;

/**
When memcached may drop an item: a minute late, since the record itself says when it ends.

It counts whole seconds by ticks of its own, which come late on a busy machine: what has a second to live can be gone
after a few milliseconds. It takes more than 30 days for a date, by a clock that may differ from ours; dates end in
2038, 0 means never, and -1 at once.
*/
const lifetimeOf = ({expiresAt}: Draft): number => {
	const now = Date.now();
	if (expiresAt <= now) return -1;

	const lifetimeSeconds = Math.ceil((expiresAt - now) / 1000) + reserveSeconds;
	if (lifetimeSeconds <= longestLifetimeSeconds) return lifetimeSeconds;

	const endSeconds = Math.ceil(now / 1000) + lifetimeSeconds;
	return endSeconds <= latestSeconds ? endSeconds : 0;
};
