import {checkInteger, checkObject} from '../options/checks.ts';
import {checkNames} from '../options/names.ts';
import type {SessionRecord, Store, UpdateResult, Version, VersionedRecord} from '../store.ts';
import {borrow, connectTo, type MemcachedClient, type MemcachedServers} from './memcached/client.ts';
import {add, type Draft, draft, draftOfNothing, itemOverhead, readItem, redraft, replace} from './memcached/item.ts';
import {type Seen, SeenTokens} from './memcached/tokens.ts';
import {parseMemcachedUrl} from './memcached/url.ts';
import {ofClientStores} from './shared/other-stores.ts';
import {isKey, isLive} from './shared/record.ts';

export type {MemcachedClient} from './memcached/client.ts';

/** Options of a `MemcachedStore`. */
export type MemcachedStoreOptions = {
	/**
	The largest item that the servers accept, in bytes: their setting `-I`.

	If this is higher than the setting, a session that is too large fails with an error of the server, which can't say what
	is large in it.

	@default 1_048_576
	*/
	readonly maxItemSize?: number;
};

/**
Keeps sessions in memcached, on one server or on several that share them.

memcached is a cache: a restart ends all sessions of a server, and a full server drops the least recently used ones.
While one of several servers is unavailable, requests with its sessions fail. No other server takes its place, because a
session that had ended could come back with it.

Pass in your own client of memcache-client, a list with one client for each server, or a URL such as
`memcached://one:11211,two:11211`. A URL opens clients on first use, which keep the process alive until `close()` closes
them; your own clients stay open. A URL may set the client's `cmdTimeout`, `connectTimeout` and `maxConnections`, and the
`maxItemSize`. All processes must name the same servers: in a URL by the same addresses, in a list in the same order.

`read()` and `create()` are one round trip. So are an `update()` and a `delete()` of what this store has just read; otherwise
they read memcached's token first. A `touch()` is two, and carries the record both ways: memcached can't say when an item
ends, so the expiry is inside. More round trips find out why a write was refused, and follow a touch at the same time. An
operation whose connection is lost runs once more on another one, and finds out what became of a write whose reply was lost. memcached can't list records, so there is no `bySubject()`.

@example
import {MemcacheClient} from 'memcache-client';
import session from 'koa-server-session';
import {MemcachedStore} from 'koa-server-session/stores/memcached';

app.use(session(app, {store: new MemcachedStore(new MemcacheClient({server: '127.0.0.1:11211'}))}));
*/
export class MemcachedStore implements Store {
	readonly maxBytes: number;
	readonly #servers: MemcachedServers;
	readonly #tokens = new SeenTokens();

	/**
	@param client Your own client, a list with one for each server, or a URL. Without it, `memcached://127.0.0.1:11211`.

	@throws SessionError `ERR_SESSION_STORE_URL` If the URL isn't one of memcached.
	@throws TypeError If a client isn't one of memcache-client, or has several servers.
	@throws TypeError, RangeError If the list is empty, or `maxItemSize` isn't what it should be.
	*/
	constructor(
		client: MemcachedClient | readonly MemcachedClient[] | string = 'memcached://127.0.0.1:11211',
		options: MemcachedStoreOptions = {},
	) {
		checkObject('options', options, 'an object such as `{maxItemSize: 2 ** 20}`');
		checkNames(options, ['maxItemSize'], {remedies: ofClientStores});
		if (typeof client === 'string') {
			const url = parseMemcachedUrl(client);
			this.#servers = connectTo(url);
			this.maxBytes = maxBytesOf(options.maxItemSize ?? url.maxItemSize);
		} else {
			this.#servers = borrow(client);
			this.maxBytes = maxBytesOf(options.maxItemSize);
		}
	}

	/** @throws RangeError If the key is malformed. */
	async create(key: string, record: SessionRecord): Promise<Version | undefined> {
		if (!isKey(key)) throw new RangeError('Expected a key of 1 to 250 printable ASCII characters without spaces');

		const next = draft(record);
		this.#tokens.forget(key);
		return this.#servers.use(key, async client => {
			while (!(await add(client, key, next))) {
				const item = await readItem(client, key);
				// There was no reply, and the write was sent again.
				if (item?.version === next.version) break;
				if (item && isLive(item)) return otherVersion(undefined, next);
				if (item && (await replace(client, key, next, item.token))) break;
			}
			return next.version;
		});
	}

	async read(key: string): Promise<VersionedRecord | undefined> {
		if (!isKey(key)) return undefined;

		const item = await this.#servers.use(key, client => readItem(client, key));
		if (!item || !isLive(item)) return undefined;
		this.#tokens.note(key, item);
		const {token: _, ...record} = item;
		return record;
	}

	async update(key: string, record: SessionRecord, version: Version, knownExpiry?: number): Promise<UpdateResult> {
		return this.#replace(key, draft(record), {version, expiresAt: knownExpiry}, otherVersion);
	}

	/** Replaces the record with the same one that ends at another time. Starts again if another write came first. */
	async touch(key: string, expiresAt: number, version: Version): Promise<boolean> {
		if (!isKey(key)) return false;

		return this.#servers.use(key, async client => {
			for (;;) {
				const item = await readItem(client, key);
				if (!item || !isLive(item) || item.version !== version) return false;
				// As it is when this operation runs again.
				if (item.expiresAt === expiresAt) return true;
				if (await replace(client, key, redraft(item, expiresAt), item.token)) return true;
			}
		});
	}

	/** Doesn't use memcached's `delete`, which takes no token: replaces the record with one that ended long ago. */
	async delete(key: string, version?: Version): Promise<boolean> {
		return typeof (await this.#replace(key, draftOfNothing(), {version})) === 'object';
	}

	async close(): Promise<void> {
		await this.#servers.close();
	}

	/** Replaces a live record in an expected state. What that leaves out may be anything. */
	async #replace(
		key: string,
		next: Draft,
		expected: {readonly version: Version | undefined; readonly expiresAt?: number | undefined},
		refuse: (answer: 'conflict', next: Draft) => 'conflict' = answer => answer,
	): Promise<UpdateResult> {
		if (!isKey(key)) return 'missing';

		return this.#servers.use(key, async client => {
			const {version, expiresAt} = expected;
			const seen = version === undefined ? undefined : this.#tokens.take(key, version);
			let item: Seen | undefined = seen && isLive(seen) ? seen : await readItem(client, key);
			while (item && isLive(item)) {
				if (item.version === next.version) return {version: next.version};
				const isOther = item.version !== (version ?? item.version) || item.expiresAt !== (expiresAt ?? item.expiresAt);
				if (isOther) return refuse('conflict', next);
				if (await replace(client, key, next, item.token)) return {version: next.version};
				item = await readItem(client, key);
			}
			return 'missing';
		});
	}
}

/** What a write answers that finds another version. @throws The error of its first copy, which may have been replaced since. */
const otherVersion = <Answer>(answer: Answer, {lost}: Draft): Answer => {
	if (lost) throw lost;
	return answer;
};

const maxBytesOf = (maxItemSize = 2 ** 20): number => {
	const range = {least: 100_000, most: 2 ** 30, what: `an integer from 100_000 to ${2 ** 30}`};
	return checkInteger('maxItemSize', maxItemSize, range) - itemOverhead;
};
