import {
	checkParameters,
	milliseconds,
	parseStoreUrl,
	type StoreUrl,
	takeParameters,
	wrongUrl,
} from '../shared/store-url.ts';

/** Where Redis is: one server, whose URL the client reads itself; a cluster; or what sentinels know by a name. */
export type RedisAddress = {readonly limits: RedisLimits} & (
	| {readonly kind: 'server'; readonly url: string}
	| (Nodes & {readonly kind: 'cluster'; readonly isEncrypted: boolean})
	| (Nodes & {readonly kind: 'sentinel'; readonly name: string; readonly database: number})
);

/** How long the client waits, in milliseconds, by its own names. */
export type RedisLimits = {readonly connectTimeout: number; readonly commandTimeout: number};

/** Some nodes of several, which know the others, and the login to Redis. */
type Nodes = {
	readonly nodes: readonly {readonly host: string; readonly port: number}[];
	readonly login: {readonly username?: string; readonly password?: string};
};

/** @throws SessionError `ERR_SESSION_STORE_URL` If the URL is none of Redis's. Never quotes it, nor a password in it. */
export const parseRedisUrl = (url: string): RedisAddress => {
	const location = parseStoreUrl(url);
	const parse = location && parsers.get(location.scheme);
	if (parse) return parse(location);
	throw wrongUrl('of `RedisStore` to begin with `redis://`, `rediss://`, `redis+cluster://` or `redis+sentinel://`');
};

const parameters = {connectTimeout: milliseconds, commandTimeout: milliseconds};

/** For a server that hangs, or a connection that was dropped silently. `storeTimeout` usually passes first. */
const limitsOf = ({query}: StoreUrl): RedisLimits => ({
	connectTimeout: Number(query.get('connectTimeout') ?? 2000),
	commandTimeout: Number(query.get('commandTimeout') ?? 5000),
});

const toServer = (location: StoreUrl): RedisAddress => {
	const {scheme} = location;
	// The client would take these for texts, and fail.
	const url = takeParameters(location, parameters);
	if (location.path.startsWith('//') && URL.canParse(url)) return {kind: 'server', url, limits: limitsOf(location)};
	throw wrongUrl(`of \`${scheme}:\` to be like \`${scheme}://127.0.0.1:6379\``);
};

const toCluster = (location: StoreUrl): RedisAddress => {
	const {rest, ...nodes} = takeApart(location, 6379);
	if (rest !== '') throw wrongForm(location);
	return {kind: 'cluster', ...nodes, isEncrypted: location.scheme === 'rediss+cluster'};
};

const toSentinel = (location: StoreUrl): RedisAddress => {
	const {rest, ...nodes} = takeApart(location, 26_379);
	const [, name, database = '0'] = /^([\w.-]+)(?:\/(\d{1,5}))?$/.exec(rest) ?? [];
	if (name === undefined) throw wrongForm(location);
	return {kind: 'sentinel', ...nodes, name, database: Number(database)};
};

const parsers: ReadonlyMap<string, (location: StoreUrl) => RedisAddress> = new Map([
	['redis', toServer],
	['rediss', toServer],
	['redis+cluster', toCluster],
	['rediss+cluster', toCluster],
	['redis+sentinel', toSentinel],
]);

/** `//user:password@one:6379,two:6379/rest`. */
const takeApart = (location: StoreUrl, defaultPort: number) => {
	checkParameters(location, parameters);
	const [, username, password, list, rest = ''] =
		/^\/\/(?:([^:@/]*)(?::([^@/]*))?@)?([^@/]+)(?:\/(.*))?$/.exec(location.path) ?? [];
	const nodes = list?.split(',').map(node => {
		const [, name, address, port = defaultPort] = /^(?:([\w.-]+)|\[([\da-f:.]+)\])(?::(\d{1,5}))?$/i.exec(node) ?? [];
		return {host: name ?? address ?? '', port: Number(port)};
	});
	if (!nodes?.every(({host, port}) => host !== '' && port > 0 && port <= 65_535)) throw wrongForm(location);

	try {
		return {
			nodes,
			rest,
			limits: limitsOf(location),
			login: {
				...(username && {username: decodeURIComponent(username)}),
				...(password && {password: decodeURIComponent(password)}),
			},
		};
	} catch {
		// A `%` that encodes nothing.
		throw wrongForm(location);
	}
};

const wrongForm = ({scheme}: StoreUrl) =>
	wrongUrl(
		`of \`${scheme}:\` to be like \`${scheme}://user:password@one:6379,two:6379${scheme.endsWith('sentinel') ? '/name-of-the-master' : ''}\``,
	);
