import {fileURLToPath} from 'node:url';
import {SessionError} from '../errors.ts';
import type {Store} from '../store.ts';
import {NullStore} from './null.ts';

/**
Opens the store that a URL names.

- `null:`
- `memory:`, with `?maxEntries=10000`
- `file:./sessions`, relative to the working directory, or `file:///var/lib/sessions`; with `?threshold=500` and
  `?mode=600` (octal)
- `redis://…` and `rediss://…`, as the client library reads them; needs `npm install ioredis`

Rejects with what `checkUrl()` throws.

@example
import session from 'koa-server-session';
import {open} from 'koa-server-session/stores/open';

app.use(session(app, {store: await open(process.env.STORE ?? 'file:./sessions')}));
*/
export const open = async (url: string): Promise<Store> => read(url)();

/**
Checks whether `open()` knows what to do with a URL, without connecting to anything.

@throws SessionError `ERR_SESSION_STORE_URL` for an unknown scheme or parameter, or a client library that is missing.
*/
export const checkUrl = (url: string): void => {
	read(url);
};

/** What follows the scheme, with the query apart. */
type Location = {readonly url: string; readonly path: string; readonly query: URLSearchParams};

type Opener = () => Promise<Store>;

type Parameter = {readonly form: RegExp; readonly example: string};

const read = (url: string): Opener => {
	const [, scheme, path = '', query] = /^([a-z][a-z\d+.-]*):([^?]*)(?:\?(.*))?$/is.exec(url) ?? [];
	const toOpener = schemes.get(scheme?.toLowerCase() ?? '');
	// The rest of a URL may hold a password, so no message quotes it.
	if (!toOpener) {
		const known = list([...schemes.keys()].map(name => `${name}:`));
		throw wrong(`to begin with one of ${known}, got ${scheme ? `\`${scheme}:\`` : 'no scheme'}`);
	}
	return toOpener({url, path, query: new URLSearchParams(query)});
};

const toNull = ({path, query}: Location): Opener => {
	checkEmpty('null', path);
	checkParameters('null', query, {});
	return async () => new NullStore();
};

const toMemory = ({path, query}: Location): Opener => {
	checkEmpty('memory', path);
	checkParameters('memory', query, {maxEntries: {form: /^[1-9]\d{0,14}$/, example: '10000'}});
	const maxEntries = query.get('maxEntries');
	return async () => {
		const {MemoryStore} = await import('./memory.ts');
		return new MemoryStore(maxEntries === null ? {} : {maxEntries: Number(maxEntries)});
	};
};

const toFilesystem = ({url, path, query}: Location): Opener => {
	checkParameters('file', query, {
		threshold: {form: /^\d{1,15}$/, example: '500'},
		mode: {form: /^0?6[0246]{2}$/, example: '600'},
	});
	const directory = toDirectory(url, path);
	const [threshold, mode] = [query.get('threshold'), query.get('mode')];
	return async () => {
		const {FilesystemStore} = await import('./filesystem.ts');
		return new FilesystemStore({
			directory,
			...(threshold === null ? {} : {threshold: Number(threshold)}),
			...(mode === null ? {} : {mode: Number.parseInt(mode, 8)}),
		});
	};
};

const toRedis = ({url}: Location): Opener => {
	checkInstalled('ioredis');
	return async () => {
		const {RedisStore} = await import('./redis.ts');
		return new RedisStore(url);
	};
};

const schemes: ReadonlyMap<string, (location: Location) => Opener> = new Map([
	['null', toNull],
	['memory', toMemory],
	['file', toFilesystem],
	['redis', toRedis],
	['rediss', toRedis],
]);

const toDirectory = (url: string, path: string): string => {
	try {
		// A `URL` would take `./sessions` for `/sessions`.
		const directory = path.startsWith('//') ? fileURLToPath(url) : decodeURIComponent(path);
		if (directory !== '' && !directory.includes('\0')) return directory;
	} catch {
		// A host, or a `%` that encodes nothing: the message below says what is expected.
	}
	throw wrong('of `file:` to be like `file:./sessions` or `file:///var/lib/sessions`');
};

const checkEmpty = (scheme: string, path: string): void => {
	if (path !== '' && path !== '//') throw wrong(`of \`${scheme}:\` to have nothing after the scheme but parameters`);
};

const checkParameters = (scheme: string, query: URLSearchParams, known: Readonly<Record<string, Parameter>>): void => {
	for (const [name, value] of query) {
		const parameter = Object.hasOwn(known, name) ? known[name] : undefined;
		if (!parameter) throw wrong(`of \`${scheme}:\` to have ${onlyThese(Object.keys(known))}`);
		if (!parameter.form.test(value))
			throw wrong(`of \`${scheme}:\` to have a \`${name}\` like \`${parameter.example}\``);
	}
};

const onlyThese = (names: readonly string[]): string =>
	names.length > 0 ? `no parameters but ${list(names)}` : 'no parameters';

const checkInstalled = (client: string): void => {
	try {
		import.meta.resolve(client);
	} catch (cause) {
		throw new SessionError('ERR_SESSION_STORE_URL', `The store needs \`${client}\`. Run \`npm install ${client}\``, {
			cause,
		});
	}
};

const list = (names: readonly string[]): string => names.map(name => `\`${name}\``).join(', ');

const wrong = (expected: string): SessionError =>
	new SessionError('ERR_SESSION_STORE_URL', `Expected the store URL ${expected}`);
