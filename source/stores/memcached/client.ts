import type {MemcacheClient} from 'memcache-client';
import {checkInstalled, notLoaded} from '../shared/client-library.ts';
import {ownClient} from '../shared/own-client.ts';
import {choose} from '../shared/rendezvous.ts';
import type {MemcachedUrl} from './url.ts';

/** memcached's own token for one state of an item. */
export type CasToken = string | number;

/**
What `MemcachedStore` needs of a client. `MemcacheClient` of memcache-client 1 fits.

A client uses one server: with several, memcache-client picks one at random and would find a record only sometimes.
A write that memcached refuses rejects, with the reply as the message: `NOT_STORED`, `EXISTS` or `NOT_FOUND`.
*/
export interface MemcachedClient {
	/** A value that was stored as a `Buffer` comes back as one that the client doesn't use again. */
	gets(key: string): Promise<{readonly casUniq: CasToken; readonly value: unknown} | undefined>;
	add(key: string, value: Buffer, options: {lifetime: number}): Promise<unknown>;
	cas(key: string, value: Buffer, options: {lifetime: number; casUniq: CasToken}): Promise<unknown>;
}

/** The servers that share the records, and how a store reaches their clients. */
export type MemcachedServers = {
	/** Works on the server that a key belongs to. No other takes its place while it is unavailable. */
	use<Result>(key: string, work: (client: MemcachedClient) => Promise<Result>): Promise<Result>;
	close(): Promise<void>;
};

/** The application's clients, by their places in the list. The application closes them. */
export const borrow = (clients: readonly MemcachedClient[]): MemcachedServers => {
	const servers = new Map(clients.map((client, place) => [String(place), client]));
	return {
		use: async (key, work) => work(choose(key, servers)),
		close: async () => {},
	};
};

/** A client for each server of a URL, by its address. Opened by the first operation. */
export const connectTo = (url: MemcachedUrl): MemcachedServers => {
	const own = ownClient(
		() => open(url),
		clients => {
			for (const client of clients.values()) client.shutdown();
		},
	);
	return {use: (key, work) => own.use(clients => work(choose(key, clients))), close: own.close};
};

/** In a `try`, so that bundlers pass over it where it isn't installed. */
const loadLibrary = async () => {
	checkInstalled('memcache-client');
	try {
		return await import('memcache-client');
	} catch (cause) {
		throw notLoaded('memcache-client', cause);
	}
};

/** Opens clients that fail fast, as a request should, and reconnect automatically. */
const open = async (url: MemcachedUrl): Promise<Map<string, MemcacheClient>> => {
	const {MemcacheClient} = await loadLibrary();
	const {servers, cmdTimeout, connectTimeout, maxConnections} = url;
	return new Map(
		servers.map(server => [
			server,
			new MemcacheClient({server: {server, maxConnections}, cmdTimeout, connectTimeout, noDelay: true}),
		]),
	);
};
