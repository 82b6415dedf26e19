import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {
	checkParameters,
	connections,
	creates,
	milliseconds,
	type Parameter,
	parseStoreUrl,
	type StoreUrl,
	takeParameters,
	wrongUrl,
} from '../shared/store-url.ts';

/** Where a database is, and how to use it. Durations are in milliseconds. */
export type SqlUrl = {
	readonly dialect: 'postgres' | 'mysql' | 'sqlite';

	/** The URL for the client library, with parameters that only it reads; for SQLite, the path of a file. */
	readonly address: string;
	readonly table: string;
	readonly pool: number;
	readonly connectTimeout: number;
	readonly queryTimeout: number;
	readonly pruneEvery: number;
};

/** A name that needs no quotes, with or without a schema. */
export const tableForm: RegExp = /^[a-z_]\w{0,50}(?:\.[a-z_]\w{0,50})?$/i;

const ofTable: Readonly<Record<string, Parameter>> = {
	table: {form: tableForm, example: 'sessions'},
	pruneEvery: creates,
};
const ofServer: Readonly<Record<string, Parameter>> = {
	...ofTable,
	pool: connections,
	connectTimeout: milliseconds,
	queryTimeout: milliseconds,
};

/**
The packages that open a URL.

@throws SessionError `ERR_SESSION_STORE_URL` If the URL is none of a database that the store knows.
*/
export const librariesFor = (location: StoreUrl): readonly string[] => {
	const {dialect} = toSqlUrl(location);
	return dialect === 'sqlite' && builtInSqlite() ? ['kysely'] : ['kysely', drivers[dialect]];
};

/** @throws SessionError `ERR_SESSION_STORE_URL` If the URL isn't one of a supported database. */
export const parseSqlUrl = (url: string): SqlUrl => {
	const location = parseStoreUrl(url);
	if (location) return toSqlUrl(location);
	throw wrongScheme();
};

const toSqlUrl = (location: StoreUrl): SqlUrl => {
	const {scheme, query} = location;
	const dialect = dialects.get(scheme);
	if (!dialect) throw wrongScheme();

	return {
		dialect,
		address: dialect === 'sqlite' ? toFile(location) : toServer(location, dialect),
		table: query.get('table') ?? 'sessions',
		pool: Number(query.get('pool') ?? 10),
		connectTimeout: Number(query.get('connectTimeout') ?? 2000),
		queryTimeout: Number(query.get('queryTimeout') ?? 5000),
		pruneEvery: Number(query.get('pruneEvery') ?? 100),
	};
};

/** Node's own SQLite; `undefined` for none, and for the first versions, which can't tell which statements return rows. */
export const builtInSqlite = (): typeof import('node:sqlite') | undefined => {
	const sqlite = process.getBuiltinModule('node:sqlite');
	return sqlite && 'columns' in sqlite.StatementSync.prototype ? sqlite : undefined;
};

const drivers: Readonly<Record<SqlUrl['dialect'], string>> = {
	postgres: 'pg',
	mysql: 'mysql2',
	sqlite: 'better-sqlite3',
};

const dialects: ReadonlyMap<string, SqlUrl['dialect']> = new Map([
	['postgres', 'postgres'],
	['postgresql', 'postgres'],
	['mysql', 'mysql'],
	['sqlite', 'sqlite'],
]);

/**
What the pool of a client library calls its settings, and what a URL calls them here; `undefined`: the store sets them.

In a URL, the library would ignore them silently, or prefer them to those of the store.
*/
const settingsOfPools: {readonly [dialect in 'postgres' | 'mysql']: Readonly<Record<string, string | undefined>>} = {
	postgres: {max: 'pool', connectionTimeoutMillis: 'connectTimeout', idleTimeoutMillis: undefined},
	mysql: {connectionLimit: 'pool', queueLimit: undefined, idleTimeout: undefined, maxIdle: undefined},
};

const checkPool = ({scheme, query}: StoreUrl, dialect: keyof typeof settingsOfPools): void => {
	for (const [name, own] of Object.entries(settingsOfPools[dialect])) {
		if (!query.has(name)) continue;
		const remedy = own === undefined ? `no \`${name}\`: the store sets it` : `\`${own}\` instead of \`${name}\``;
		throw wrongUrl(`of \`${scheme}:\` to have ${remedy}`);
	}
};

const toServer = (location: StoreUrl, dialect: keyof typeof settingsOfPools): string => {
	checkPool(location, dialect);
	if (location.path.startsWith('//')) return takeParameters(location, ofServer);
	throw wrongUrl(`of \`${location.scheme}:\` to be like \`${location.scheme}://user:password@host/database\``);
};

const toFile = (location: StoreUrl): string => {
	checkParameters(location, ofTable);
	const {path: file} = location;
	if (file === ':memory:') return file;
	try {
		// `URL` would read `./sessions.db` as `/sessions.db`.
		const name = file.startsWith('//') ? fileURLToPath(`file:${file}`) : decodeURIComponent(file);
		if (name !== '' && !name.includes('\0')) return path.resolve(name);
	} catch {
		// There is a host, or a `%` that encodes nothing: the message below says what is expected.
	}
	throw wrongUrl('of `sqlite:` to be like `sqlite:./sessions.db` or `sqlite:///var/lib/sessions.db`');
};

const wrongScheme = () => wrongUrl('to begin with `postgres:`, `postgresql:`, `mysql:` or `sqlite:`');
