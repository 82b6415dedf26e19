import type {MemcacheClient} from 'memcache-client';
import {byName, checkInstalled, notLoaded} from '../shared/client-library.ts';
import {ownClient} from '../shared/own-client.ts';
import {choose} from '../shared/rendezvous.ts';
import type {MemcachedUrl} from './url.ts';

/** memcached's own token for one state of an item. */
export type CasToken = string | number;

/**
What `MemcachedStore` needs of a client. `MemcacheClient` of memcache-client 1 fits.

A client uses one server. With several, memcache-client picks one at random for each command, so such a client is refused.
A write that memcached refuses rejects, with the reply as the message: `NOT_STORED`, `EXISTS` or `NOT_FOUND`.
*/
export interface MemcachedClient {
	/** A value that was stored as a `Buffer` comes back as one that the client doesn't use again. */
	gets(key: string): Promise<{readonly casUniq: CasToken; readonly value: unknown} | undefined>;
	add(key: string, value: Buffer, options: {lifetime: number}): Promise<unknown>;
	cas(key: string, value: Buffer, options: {lifetime: number; casUniq: CasToken}): Promise<unknown>;
}

type Work<Result> = (client: MemcachedClient) => Promise<Result>;

/** The servers that share the records, and how a store reaches their clients. */
export type MemcachedServers = {
	/**
	Works on the server that a key belongs to. No other takes its place while it is unavailable.

	@param work Runs once more if the connection was lost.
	*/
	use<Result>(key: string, work: Work<Result>): Promise<Result>;
	close(): Promise<void>;
};

/** The application's clients, by their places in the list. The application closes them. */
export const borrow = (clients: MemcachedClient | readonly MemcachedClient[]): MemcachedServers => {
	const list = [clients].flat();
	if (list.length === 0) throw new RangeError('Expected a list of clients to have at least one');
	for (const client of list) checkClient(client);
	const servers = new Map(list.map((client, place) => [String(place), client]));
	return {
		async use(key, work) {
			const client = choose(key, servers);
			return twice(() => work(client));
		},
		close: async () => {},
	};
};

const checkClient = (client: MemcachedClient): void => {
	if (typeof client?.gets !== 'function')
		throw new TypeError(
			'Expected a `MemcacheClient` of `memcache-client` 1, a list with one client for each server, or a URL',
		);
	const {options} = client as {readonly options?: {readonly server?: {readonly servers?: unknown}}};
	const servers = options?.server?.servers;
	if (Array.isArray(servers) && servers.length > 1)
		throw new TypeError(
			`Expected a client to have one server, got ${servers.length}: it would pick one at random for each command. Pass in a list with one client for each server, or a URL`,
		);
};

/** A client for each server of a URL, by its address. Opened by the first operation. */
export const connectTo = (url: MemcachedUrl): MemcachedServers => {
	const own = ownClient(
		() => open(url),
		lines => {
			for (const line of lines.values()) line.close();
		},
	);
	return {use: (key, work) => own.use(lines => choose(key, lines).use(work)), close: own.close};
};

/** In a `try`, so that bundlers pass over it where it isn't installed. */
const loadLibrary = async () => {
	checkInstalled('memcache-client');
	try {
		return byName(await import('memcache-client'), 'MemcacheClient');
	} catch (cause) {
		throw notLoaded('memcache-client', cause);
	}
};

/** Opens clients that fail fast, as a request should, and reconnect automatically. */
const open = async (url: MemcachedUrl): Promise<Map<string, Line>> => {
	const {MemcacheClient} = await loadLibrary();
	const {servers, cmdTimeout, connectTimeout, maxConnections} = url;
	return new Map(
		servers.map(server => {
			const connect = () =>
				new MemcacheClient({
					server: {server, maxConnections},
					cmdTimeout,
					connectTimeout,
					keepAlive: 30_000,
					noDelay: true,
				});
			return [server, new Line(connect, 2 * cmdTimeout)];
		}),
	);
};

/**
The client of one server. When one of its connections is lost, the idle ones may be dead too, as after a firewall has
forgotten them: the operation is tried once more with another client.
*/
class Line {
	readonly #connect: () => MemcacheClient;
	readonly #grace: number;
	readonly #replaced = new Set<MemcacheClient>();
	#client: MemcacheClient;

	/** @param grace How long the operations of a client that was replaced may still take, in milliseconds. */
	constructor(connect: () => MemcacheClient, grace: number) {
		this.#connect = connect;
		this.#grace = grace;
		this.#client = connect();
	}

	use<Result>(work: Work<Result>): Promise<Result> {
		const client = this.#client;
		return twice(isAgain => {
			if (isAgain && this.#client === client) this.#replace();
			return work(isAgain ? this.#client : client);
		});
	}

	close(): void {
		for (const client of [this.#client, ...this.#replaced]) client.shutdown();
	}

	#replace(): void {
		const old = this.#client;
		this.#client = this.#connect();
		this.#replaced.add(old);
		setTimeout(() => {
			this.#replaced.delete(old);
			old.shutdown();
		}, this.#grace).unref();
	}
}

/** Does something once more if the connection was lost. Each operation of the store may run twice. */
const twice = async <Result>(work: (isAgain: boolean) => Promise<Result>): Promise<Result> => {
	try {
		return await work(false);
	} catch (error) {
		if (!(error instanceof Error && lost.test(error.message))) throw error;
		return work(true);
	}
};

/** What memcache-client says of a connection that broke or got no reply, but not of one that could not be made. */
const lost = /^(?:Command timeout|socket )/;
