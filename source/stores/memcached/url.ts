import {checkParameters, type Parameter, parseStoreUrl, wrongUrl} from '../shared/store-url.ts';

/** What a URL says of memcached's servers and of the clients to open, with defaults filled in. */
export type MemcachedUrl = {
	/** Each as `host:port`. */
	readonly servers: readonly string[];

	/** Milliseconds that a reply may take: less than `storeTimeout`, which would hide the reason. */
	readonly cmdTimeout: number;

	/** Milliseconds that connecting may take. */
	readonly connectTimeout: number;

	/** Connections to each server. */
	readonly maxConnections: number;

	/** Bytes of the largest item that the servers take, if they don't take what they do by default. */
	readonly maxItemSize: number | undefined;
};

/** @throws SessionError `ERR_SESSION_STORE_URL` If the URL is none of memcached's. Never quotes it. */
export const parseMemcachedUrl = (url: string): MemcachedUrl => {
	const location = parseStoreUrl(url);
	if (location?.scheme !== 'memcached') throw wrongUrl('to begin with `memcached://`');

	checkParameters(location, parameters);
	const {path, query} = location;
	const numberOf = (name: keyof typeof parameters) => (query.has(name) ? Number(query.get(name)) : undefined);
	return {
		servers: toServers(path),
		cmdTimeout: numberOf('cmdTimeout') ?? 1000,
		connectTimeout: numberOf('connectTimeout') ?? 1000,
		maxConnections: numberOf('maxConnections') ?? 4,
		maxItemSize: numberOf('maxItemSize'),
	};
};

const parameters = {
	cmdTimeout: {form: /^[1-9]\d{0,5}$/, example: '1000'},
	connectTimeout: {form: /^[1-9]\d{0,5}$/, example: '1000'},
	maxConnections: {form: /^[1-9]\d{0,2}$/, example: '4'},
	maxItemSize: {form: /^[1-9]\d{5,8}$/, example: '1048576'},
} satisfies Record<string, Parameter>;

const toServers = (path: string): string[] => {
	if (!path.startsWith('//')) throw wrongUrl('of `memcached:` to be like `memcached://127.0.0.1:11211`');
	if (path.includes('@')) throw wrongUrl('of `memcached:` to have no user and password: its client can send none');
	if (path.includes('['))
		throw wrongUrl('of `memcached:` to name no IPv6 address: its client takes names and IPv4 only');
	return path.slice(2).split(',').map(toServer);
};

const toServer = (address: string): string => {
	const [, host, port = '11211'] = /^([\w.-]+)(?::([1-9]\d{0,4}))?$/.exec(address) ?? [];
	if (host === undefined || Number(port) > 65_535) {
		throw wrongUrl('of `memcached:` to list its servers as `host:port`, as in `memcached://one:11211,two:11211`');
	}
	return `${host}:${port}`;
};
