import {checkInteger} from '../options/checks.ts';
import type {SessionRecord, Store, UpdateResult, Version, VersionedRecord} from '../store.ts';
import {borrow, connectTo, type MemcachedClient, type MemcachedServers} from './memcached/client.ts';
import {add, type Draft, draft, draftOfNothing, itemOverhead, readItem, redraft, replace} from './memcached/item.ts';
import {type Seen, SeenTokens} from './memcached/tokens.ts';
import {parseMemcachedUrl} from './memcached/url.ts';
import {isKey, isLive} from './shared/record.ts';

export type {MemcachedClient} from './memcached/client.ts';

/** Options of a `MemcachedStore`. */
export type MemcachedStoreOptions = {
	/**
	The largest item that the servers take, in bytes: what they were started with as `-I`.

	Too high, and a session that is too large fails as a fault of the store, which can't name what is large in it.

	@default 1_048_576
	*/
	readonly maxItemSize?: number;
};

/**
Keeps sessions in memcached, on one server or on several that share them.

It is a cache: a restart ends all sessions of a server, and a full server drops the least recently used ones. While one
of several servers is unavailable, requests with its sessions fail. No other server takes its place: otherwise sessions
that have ended would come back with it.

Pass in your own client of memcache-client, a list with one client per server, or a URL such as
`memcached://one:11211,two:11211`. The clients for a URL are opened at first use, and keep the process alive until
`close()`, which closes only those. A URL may set the client's `cmdTimeout`, `connectTimeout` and `maxConnections`, and
the `maxItemSize`. All processes must name the same servers: in a URL with the same addresses, in a list in the same
order.

`read()` and `create()` are one round trip. So are `update()` and `delete()` of a record that this store has just read;
otherwise they first ask for memcached's token. `touch()` is two, and transfers the record both ways: memcached can't
say when an item expires, so the expiry is stored in the item. More round trips follow after a refused write, a lost
reply or a parallel touch. memcached can't list, so there is no `bySubject()`.

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
	@param client The application's client, one for each of several servers, or a URL.

	@throws SessionError `ERR_SESSION_STORE_URL` If the URL is none of memcached's.
	@throws TypeError, RangeError If the list is empty, or `maxItemSize` isn't what it should be.
	*/
	constructor(
		client: MemcachedClient | readonly MemcachedClient[] | string = 'memcached://127.0.0.1:11211',
		options: MemcachedStoreOptions = {},
	) {
		if (typeof client === 'string') {
			const url = parseMemcachedUrl(client);
			this.#servers = connectTo(url);
			this.maxBytes = maxBytesOf(options.maxItemSize ?? url.maxItemSize);
		} else {
			this.#servers = borrow(toList(client));
			this.maxBytes = maxBytesOf(options.maxItemSize);
		}
	}

	/** @throws RangeError If the key isn't one. */
	async create(key: string, record: SessionRecord): Promise<Version | undefined> {
		if (!isKey(key)) throw new RangeError('Expected a key of 1 to 250 printable ASCII characters without spaces');

		const next = draft(record);
		this.#tokens.forget(key);
		return this.#servers.use(key, async client => {
			while (!(await add(client, key, next))) {
				const item = await readItem(client, key);
				// The client had no reply and sent the write again, as memcache-client doesn't, but others may.
				if (item?.version === next.version) break;
				if (item && isLive(item)) return undefined;
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

	async update(key: string, record: SessionRecord, version: Version): Promise<UpdateResult> {
		return this.#replace(key, draft(record), version);
	}

	/** Writes the same record with another expiry. Starts again if it was changed concurrently. */
	async touch(key: string, expiresAt: number, version: Version): Promise<boolean> {
		if (!isKey(key)) return false;

		return this.#servers.use(key, async client => {
			for (;;) {
				const item = await readItem(client, key);
				if (!item || !isLive(item) || item.version !== version) return false;
				if (await replace(client, key, redraft(item, expiresAt), item.token)) return true;
			}
		});
	}

	/** Not by memcached's `delete`, which takes no token: replaces the record by one that ended long ago. */
	async delete(key: string, version?: Version): Promise<boolean> {
		return typeof (await this.#replace(key, draftOfNothing(), version)) === 'object';
	}

	async close(): Promise<void> {
		await this.#servers.close();
	}

	/** Replaces a live record at `version`; without one, at whatever version it is. */
	async #replace(key: string, next: Draft, version: Version | undefined): Promise<UpdateResult> {
		if (!isKey(key)) return 'missing';

		return this.#servers.use(key, async client => {
			const seen = version === undefined ? undefined : this.#tokens.take(key, version);
			let item: Seen | undefined = seen && isLive(seen) ? seen : await readItem(client, key);
			while (item && isLive(item)) {
				if (item.version === next.version) return {version: next.version};
				if (version !== undefined && item.version !== version) return 'conflict';
				if (await replace(client, key, next, item.token)) return {version: next.version};
				item = await readItem(client, key);
			}
			return 'missing';
		});
	}
}

const toList = (clients: MemcachedClient | readonly MemcachedClient[]): readonly MemcachedClient[] => {
	const list = 'gets' in clients ? [clients] : clients;
	if (list.length === 0) throw new RangeError('Expected a list of clients to have at least one');
	return list;
};

const maxBytesOf = (maxItemSize = 2 ** 20): number => {
	const range = {least: 100_000, most: 2 ** 30, what: `an integer from 100_000 to ${2 ** 30}`};
	return checkInteger('maxItemSize', maxItemSize, range) - itemOverhead;
};
