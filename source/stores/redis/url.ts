import {
	checkParameters,
	milliseconds,
	type Parameter,
	parseStoreUrl,
	type StoreUrl,
	wrongUrl,
} from '../shared/store-url.ts';

/** Where Redis is: one server, a cluster, or a master that sentinels know by name. */
export type RedisAddress = {readonly settings: RedisSettings; readonly login: Login} & (
	| (Node & {readonly kind: 'server'; readonly database: number; readonly isEncrypted: boolean})
	| {readonly kind: 'cluster'; readonly nodes: readonly Node[]; readonly isEncrypted: boolean}
	| {
			readonly kind: 'sentinel';
			readonly nodes: readonly Node[];
			readonly name: string;
			readonly database: number;
			readonly sentinelLogin: SentinelLogin;
	  }
);

/** How long the client waits, in milliseconds, what it puts before each key, and the like, under the names of its options. */
export type RedisSettings = {
	readonly connectTimeout: number;
	readonly commandTimeout: number;
	readonly keyPrefix?: string;

	/** What `CLIENT LIST` shows. */
	readonly connectionName?: string;

	/** Which addresses of the host to use: those of IPv4, of IPv6, or both. */
	readonly family?: number;

	/** For proxies that know only some commands. */
	readonly protocol?: 2 | 3;
	readonly enableReadyCheck?: boolean;
	readonly disableClientInfo?: boolean;
};

/** The login to the sentinels, which isn't that to Redis. */
type SentinelLogin = {readonly sentinelUsername?: string; readonly sentinelPassword?: string};

type Node = {readonly host: string; readonly port: number};

/** The login to Redis. */
type Login = {readonly username?: string; readonly password?: string};

/** @throws SessionError `ERR_SESSION_STORE_URL` If the URL isn't one of Redis. The message never quotes it, since it may hold a password. */
export const parseRedisUrl = (url: string): RedisAddress => {
	const location = parseStoreUrl(url);
	const parse = location && parsers.get(location.scheme);
	if (parse) return parse(location);
	throw wrongUrl('of `RedisStore` to begin with `redis://`, `rediss://`, `redis+cluster://` or `redis+sentinel://`');
};

const printable = (example: string): Parameter => ({form: /^[!-~]{1,200}$/, example});

const parameters = {connectTimeout: milliseconds, commandTimeout: milliseconds, keyPrefix: printable('shop:')};

const yesOrNo: Parameter = {form: /^(?:true|false)$/, example: 'true'};

const database: Parameter = {form: /^\d{1,5}$/, example: '1'};

const serverParameters = {
	...parameters,
	db: database,
	family: {form: /^[046]$/, example: '4'},
	connectionName: printable('shop'),
	protocol: {form: /^[23]$/, example: '2'},
	enableReadyCheck: yesOrNo,
	disableClientInfo: yesOrNo,
};

const sentinelParameters = {
	...parameters,
	sentinelUsername: printable('user'),
	sentinelPassword: printable('password'),
};

/** Limits for a server that hangs. `storeTimeout` usually passes first. */
const settingsOf = ({query}: StoreUrl): RedisSettings => ({
	connectTimeout: Number(query.get('connectTimeout') ?? 2000),
	commandTimeout: Number(query.get('commandTimeout') ?? 5000),
	...present(query, 'keyPrefix', String),
	...present(query, 'connectionName', String),
	...present(query, 'family', Number),
	...present(query, 'protocol', text => (text === '2' ? 2 : 3)),
	...present(query, 'enableReadyCheck', isYes),
	...present(query, 'disableClientInfo', isYes),
});

const isYes = (text: string): boolean => text === 'true';

/** A parameter under its name, if it is there. */
const present = <Name extends string, Value>(
	query: URLSearchParams,
	name: Name,
	toValue: (text: string) => Value,
): {[name in Name]?: Value} => {
	const text = query.get(name);
	return text === null ? {} : ({[name]: toValue(text)} as {[name in Name]: Value});
};

const toServer = (location: StoreUrl): RedisAddress => {
	const {rest, nodes, ...server} = takeApart(location, 6379, serverParameters);
	const [node, ...others] = nodes;
	if (!node || others.length > 0 || (rest !== '' && !database.form.test(rest))) throw wrongForm(location);

	const {scheme, query} = location;
	const [number = 0, another = number] = [rest, query.get('db')].flatMap(text => (text ? Number(text) : []));
	if (number !== another) throw wrongUrl(`of \`${scheme}:\` to have no \`db\` but the database in its path`);
	return {kind: 'server', ...server, ...node, database: number, isEncrypted: scheme === 'rediss'};
};

const toCluster = (location: StoreUrl): RedisAddress => {
	const {rest, ...nodes} = takeApart(location, 6379);
	if (rest !== '') throw wrongForm(location);
	return {kind: 'cluster', ...nodes, isEncrypted: location.scheme === 'rediss+cluster'};
};

const toSentinel = (location: StoreUrl): RedisAddress => {
	const {rest, ...nodes} = takeApart(location, 26_379, sentinelParameters);
	const {query} = location;
	const [, name, database = '0'] = /^([\w.-]+)(?:\/(\d{1,5}))?$/.exec(rest) ?? [];
	if (name === undefined) throw wrongForm(location);
	const sentinelLogin = {
		...present(query, 'sentinelUsername', String),
		...present(query, 'sentinelPassword', String),
	};
	return {kind: 'sentinel', ...nodes, name, database: Number(database), sentinelLogin};
};

const parsers: ReadonlyMap<string, (location: StoreUrl) => RedisAddress> = new Map([
	['redis', toServer],
	['rediss', toServer],
	['redis+cluster', toCluster],
	['rediss+cluster', toCluster],
	['redis+sentinel', toSentinel],
]);

/** `//user:password@one:6379,two:6379/rest`. */
const takeApart = (
	location: StoreUrl,
	defaultPort: number,
	known: Readonly<Record<string, Parameter>> = parameters,
) => {
	checkParameters(location, known);
	const [, username, password, list, rest = ''] =
		/^\/\/(?:([^:@/]*)(?::([^/]*))?@)?([^@/]+)(?:\/(.*))?$/.exec(location.path) ?? [];
	const nodes = list?.split(',').map(node => {
		const [, name, address, port = defaultPort] = /^(?:([\w.-]+)|\[([\da-f:.]+)\])(?::(\d{1,5}))?$/i.exec(node) ?? [];
		return {host: name ?? address ?? '', port: Number(port)};
	});
	if (!nodes?.every(({host, port}) => host !== '' && port > 0 && port <= 65_535)) throw wrongForm(location);

	try {
		return {
			nodes,
			rest,
			settings: settingsOf(location),
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

const wrongForm = ({scheme}: StoreUrl) => wrongUrl(`of \`${scheme}:\` to be like ${formOf(scheme)}`);

const formOf = (scheme: string): string => {
	if (!scheme.includes('+'))
		return `\`${scheme}://user:password@127.0.0.1:6379/0\`, where \`/0\` is a database. For a Unix socket, pass in your own client`;
	const name = scheme.endsWith('sentinel') ? '/name-of-the-master' : '';
	return `\`${scheme}://user:password@one:6379,two:6379${name}\``;
};
