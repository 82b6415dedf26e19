import {checkInstalled} from './client-library.ts';
import {checkParameters, type Opener, parseStoreUrl, type StoreUrl, wrongUrl} from './store-url.ts';

/** Where Redis is: one server, whose URL the client reads itself; a cluster; or what sentinels know by a name. */
export type RedisAddress =
	| {readonly kind: 'server'; readonly url: string}
	| (Nodes & {readonly kind: 'cluster'; readonly isEncrypted: boolean})
	| (Nodes & {readonly kind: 'sentinel'; readonly name: string; readonly database: number});

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

/** Makes ready to open a `RedisStore`. */
export const toRedis = ({url}: StoreUrl): Opener => {
	parseRedisUrl(url);
	checkInstalled('ioredis');
	return async () => {
		const {RedisStore} = await import('./redis.ts');
		return new RedisStore(url);
	};
};

const toServer = ({url, scheme, path}: StoreUrl): RedisAddress => {
	if (path.startsWith('//') && URL.canParse(url)) return {kind: 'server', url};
	throw wrongUrl(`of \`${scheme}:\` to be like \`${scheme}://127.0.0.1:6379\``);
};

const toCluster = (location: StoreUrl): RedisAddress => {
	const {nodes, login, rest} = takeApart(location, 6379);
	if (rest !== '') throw wrongForm(location);
	return {kind: 'cluster', nodes, login, isEncrypted: location.scheme === 'rediss+cluster'};
};

const toSentinel = (location: StoreUrl): RedisAddress => {
	const {nodes, login, rest} = takeApart(location, 26_379);
	const [, name, database = '0'] = /^([\w.-]+)(?:\/(\d{1,5}))?$/.exec(rest) ?? [];
	if (name === undefined) throw wrongForm(location);
	return {kind: 'sentinel', nodes, login, name, database: Number(database)};
};

const parsers: ReadonlyMap<string, (location: StoreUrl) => RedisAddress> = new Map([
	['redis', toServer],
	['rediss', toServer],
	['redis+cluster', toCluster],
	['rediss+cluster', toCluster],
	['redis+sentinel', toSentinel],
]);

/** `//user:password@one:6379,two:6379/rest`. */
const takeApart = (location: StoreUrl, defaultPort: number): Nodes & {readonly rest: string} => {
	checkParameters(location, {});
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
