import {type Codec, type Envelope, isLayer, type Passage} from '../codec.ts';
import {codecList} from '../codecs/codec-list.ts';
import {json} from '../codecs/json.ts';
import type {SessionOptions} from '../options.ts';
import type {TimeoutOptions} from '../records/expiry.ts';
import {merge as threeWay} from '../request/merge.ts';
import type {Data} from '../session.ts';
import type {Store} from '../store.ts';
import {NullStore} from '../stores/null.ts';
import {checkUrl, open} from '../stores/open.ts';
import type {Keys} from '../tokens/signer.ts';
import type {Transport} from '../transport.ts';
import {alike} from '../transports/chain.ts';
import {cookie} from '../transports/cookie.ts';
import {warnOnce} from '../warning.ts';
import {
	checkFunction,
	checkObject,
	checkOneOf,
	checkSyncFunction,
	checkText,
	describe,
	isPromise,
	outOfRange,
	unexpected,
} from './checks.ts';
import {type ResolvedDeviceBound, resolveDeviceBound} from './device-bound.ts';
import {type Duration, readDuration, readLifetime} from './duration.ts';
import {checkNames} from './names.ts';
import {ofSession} from './other-libraries.ts';
import {type PerRequest, resolveExtend, resolveSkip} from './per-request.ts';

const headerName = /^[\w!#$%&'*+.^`|~-]+$/;

/** Checked options, with all defaults filled in. */
export type ResolvedOptions = TimeoutOptions & {
	readonly store: Store | (() => Promise<Store>);
	readonly codec: Codec<Envelope>;
	readonly keys: Keys | undefined;
	readonly signed: boolean;
	readonly prefix: string;
	readonly transport: readonly [Transport, ...Transport[]];
	readonly permanent: boolean;
	readonly merge: (base: Data, theirs: Data, mine: Data) => Data;
	readonly storeTimeout: number;
	readonly onStoreError: 'throw' | 'anonymous';
	readonly extend: PerRequest;
	readonly skip: PerRequest;
	readonly property: string;
	readonly deviceBound: ResolvedDeviceBound | undefined;
};

/**
Checks options and fills in defaults.

@throws TypeError RangeError It names the option, what was expected and what came.
@throws SessionError `ERR_SESSION_STORE_URL` for a URL that can't be opened.
*/
export const resolveOptions = (options: SessionOptions<Data> = {}): ResolvedOptions => {
	checkObject('options', options, 'an object');
	checkNames(options, names, {remedies: ofSession});

	// Only `undefined` stands for the default. `null` is refused: as a timeout it might be meant as "none".
	const {store, codec = json(), keys, signed = true, prefix = 'session:', permanent = true} = options;
	const {
		idleTimeout: idle = '1d',
		absoluteTimeout = defaultAbsoluteTimeout,
		storeTimeout = '2s',
		onStoreError = 'throw',
	} = options;
	const idleTimeout = readIdleTimeout(idle, options.absoluteTimeout);
	const {touchAfter = Math.floor(idleTimeout / 10), merge = threeWay, property = 'session'} = options;
	if (store === undefined && 'store' in options)
		warnOnce('NO_STORE', 'The option `store` is `undefined`, so no session can be saved');

	const {deviceBound = false} = options;
	const transport = resolveTransport(options);
	return Object.freeze({
		store: resolveStore(store),
		codec: resolveCodec(codec),
		keys: resolveKeys(keys, signed),
		signed: checkOneOf('signed', signed, [true, false]),
		prefix: checkText('prefix', prefix, /^[!-~]{0,200}$/, 'up to 200 printable ASCII characters'),
		transport,
		permanent: checkOneOf('permanent', permanent, [true, false]),
		idleTimeout,
		absoluteTimeout: readLifetime('absoluteTimeout', absoluteTimeout, {least: 1000, canBeInfinite: true}),
		touchAfter: readDuration('touchAfter', touchAfter, {least: 0, most: idleTimeout}),
		hasTouchAfter: options.touchAfter !== undefined,
		merge: checkSyncFunction('merge', merge),
		storeTimeout: readDuration('storeTimeout', storeTimeout, {least: 1, most: 3_600_000}),
		onStoreError: checkOneOf('onStoreError', onStoreError, ['throw', 'anonymous']),
		extend: resolveExtend(options.extend),
		skip: resolveSkip(options.skip),
		property: checkText('property', property, /^[A-Za-z_$][\w$]*$/, 'a name such as `session`'),
		deviceBound: resolveDeviceBound(deviceBound, {signed, property, transports: transport}),
	});
};

const defaultAbsoluteTimeout = '14d';

/** A long idle timeout alone would do nothing, since the default absolute timeout ends the session first. */
const readIdleTimeout = (idleTimeout: Duration, absoluteTimeout: Duration | undefined): number => {
	const milliseconds = readLifetime('idleTimeout', idleTimeout, {least: 1000});
	if (absoluteTimeout === undefined && milliseconds > readDuration('', defaultAbsoluteTimeout, {least: 0})) {
		const {message} = outOfRange(
			'idleTimeout',
			`at most '${defaultAbsoluteTimeout}', the default \`absoluteTimeout\``,
			idleTimeout,
		);
		throw new RangeError(`${message}. Set \`absoluteTimeout\` too: no session outlives it`);
	}

	return milliseconds;
};

const names = [
	'store',
	'codec',
	'keys',
	'signed',
	'prefix',
	'cookie',
	'transport',
	'permanent',
	'idleTimeout',
	'absoluteTimeout',
	'touchAfter',
	'extend',
	'merge',
	'storeTimeout',
	'onStoreError',
	'skip',
	'property',
	'deviceBound',
] as const satisfies readonly (keyof SessionOptions)[];

const resolveStore = (store: Store | string | undefined): ResolvedOptions['store'] => {
	if (store === undefined) return new NullStore();
	if (typeof store === 'string') {
		checkUrl(store);
		return () => open(store);
	}

	if (typeof store !== 'object' || store === null || isPromise(store)) {
		const remedy = typeof store === 'function' ? '. Make one: `new RedisStore(client)`' : '';
		throw unexpected('store', 'a store or its URL', store, `${describe(store)}${remedy}`);
	}

	const methods = ['create', 'read', 'update', 'touch', 'delete'] as const;
	const missing = methods.find(method => typeof store[method] !== 'function');
	if (missing)
		throw new TypeError(
			`Expected \`store\` to be a store or its URL, got something without \`${missing}()\`. ${remedyFor(store)}`,
		);
	return store;
};

/** A client of `redis` has these methods too, but it also sends commands. */
const remedyFor = (store: object): string =>
	'get' in store && 'set' in store && 'destroy' in store && !('sendCommand' in store)
		? "A store of another library doesn't fit: see docs/moving-in.md, or adapt one of express-session by `fromExpressStore(store)`"
		: 'Wrap a client in its store: `new RedisStore(client)`';

/** Every record says which codec of the list wrote it, even if the list has only one. */
const resolveCodec = (codec: NonNullable<SessionOptions<Data>['codec']>): Codec<Envelope> => {
	const codecs = typeof codec === 'function' ? [codec] : codec;
	if (!Array.isArray(codecs) || codecs.length === 0) throw unexpected('codec', 'a codec or a list of them', codec);
	for (const each of codecs) checkCodec(each);
	return codecList(codecs);
};

/** Refuses two functions that aren't codecs: `json` instead of `json()`, and a layer without its codec. */
const checkCodec = (codec: Codec<Envelope>): void => {
	checkFunction('codec', codec);
	if (isLayer(codec)) {
		throw new TypeError('Expected `codec` to be a codec, got a layer. Put it around a codec: `codec(json(), layer)`');
	}

	// A generator runs nothing before its first `next()`.
	const {next, [Symbol.iterator]: iterate}: Partial<Passage<Envelope>> = Object(codec(undefined, {key: ''}));
	if (typeof next === 'function' && typeof iterate === 'function') return;
	throw new TypeError('Expected `codec` to be a codec, got a function that returns no generator. Call it: `json()`');
};

const resolveKeys = (keys: Keys | undefined, signed: boolean): Keys | undefined => {
	if (typeof keys === 'function') {
		if (signed && returnsPromise(keys)) throw refusePromisedKeys('a function that returns a promise');
		return keys;
	}

	if (keys === undefined || Array.isArray(keys)) return keys;
	if (isPromise(keys)) throw refusePromisedKeys('a promise');
	const {sign, index} = (keys ?? {}) as {sign?: unknown; index?: unknown};
	if (typeof sign === 'function' && typeof index === 'function') return keys;
	throw unexpected('keys', whatKeysAre, keys);
};

const whatKeysAre = 'a list of secrets, a Keygrip, or a function that returns either';

/** Calls the function once: it may return a promise without being `async`. It may fail now and be ready later. */
const returnsPromise = (keys: () => unknown): boolean => {
	try {
		const answer = keys();
		if (!isPromise(answer)) return false;
		// If the promise rejects, that must not end the process before our error is read.
		answer.then(undefined, () => undefined);
		return true;
	} catch {
		return false;
	}
};

const refusePromisedKeys = (found: string): TypeError => {
	const {message} = unexpected('keys', whatKeysAre, undefined, found);
	return new TypeError(`${message}. Await the keys before \`session()\` and pass \`() => keys\`, which may change`);
};

const resolveTransport = ({transport, cookie: attributes}: SessionOptions<Data>): ResolvedOptions['transport'] => {
	if (transport === undefined) return [cookie(attributes)];
	if (attributes !== undefined)
		throw new TypeError('Expected `cookie` or `transport`, got both. The cookie is a transport: `cookie()` makes it');

	const [first, ...others] = isList(transport) ? transport : [transport];
	if (first === undefined) throw unexpected('transport', 'a transport or a list of them', transport);
	const names = [first, ...others].map(each => checkTransport(each).name).filter(name => typeof name === 'string');
	if (new Set(names).size === names.length) return [first, ...others];
	throw alike();
};

// `Array.isArray` doesn't narrow read-only arrays.
const isList = (transport: NonNullable<SessionOptions['transport']>): transport is readonly Transport[] =>
	Array.isArray(transport);

const checkTransport = (transport: Transport): Transport => {
	checkObject('transport', transport, 'a transport, such as `header()` makes, or a list of them');
	for (const method of ['read', 'write', 'clear', 'withdraw', 'canWrite', 'format'] as const) {
		checkFunction(`transport.${method}`, transport[method]);
	}

	for (const name of ['vary', 'sets'] as const) checkText(`transport.${name}`, transport[name], headerName, 'a header');
	if (typeof transport.name !== 'function') checkText('transport.name', transport.name, /./, 'a name or a function');
	return transport;
};
