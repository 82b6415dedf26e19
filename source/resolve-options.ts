import type {Context} from 'koa';
import type {Codec, Envelope} from './codec.ts';
import {history} from './codecs/history.ts';
import {json} from './codecs/json.ts';
import {readDuration} from './duration.ts';
import type {Timeouts} from './expiry.ts';
import {merge} from './merge.ts';
import {checkFunction, checkName, checkOneOf, checkText, unexpected} from './option-checks.ts';
import type {SessionOptions} from './options.ts';
import type {Data} from './record.ts';
import type {Keys} from './signer.ts';
import type {Store} from './store.ts';
import {NullStore} from './stores/null.ts';
import {checkUrl, open} from './stores/open.ts';
import type {Transport} from './transport.ts';
import {cookie} from './transports/cookie.ts';

const headerName = /^[\w!#$%&'*+.^`|~-]+$/;

/** Checked options, with all defaults in. */
export type ResolvedOptions = Timeouts & {
	readonly store: Store | (() => Promise<Store>);
	readonly codec: Codec<Envelope>;
	readonly keys: Keys | undefined;
	readonly signed: boolean;
	readonly prefix: string;
	readonly transport: Transport;
	readonly permanent: boolean;
	readonly merge: (base: Data, theirs: Data, mine: Data) => Data;
	readonly storeTimeout: number;
	readonly onStoreError: 'throw' | 'anonymous';
	readonly skip: (ctx: Context) => boolean;
	readonly property: string;
};

/**
Checks options and fills in defaults.

@throws TypeError RangeError Naming the option, what was expected and what came.
@throws SessionError `ERR_SESSION_STORE_URL` for a URL that can't be opened.
*/
export const resolveOptions = (options: SessionOptions): ResolvedOptions => {
	if (typeof options !== 'object' || options === null) throw unexpected('options', 'an object', options);
	for (const name of Object.keys(options)) checkName('option', name, names);

	const idleTimeout = readDuration('idleTimeout', options.idleTimeout ?? '1d', {least: 1000});
	return Object.freeze({
		store: resolveStore(options.store),
		codec: resolveCodec(options.codec ?? json()),
		keys: resolveKeys(options.keys),
		signed: checkOneOf('signed', options.signed ?? true, [true, false]),
		prefix: checkText('prefix', options.prefix ?? 'session:', /^[!-~]{0,200}$/, 'up to 200 printable ASCII characters'),
		transport: resolveTransport(options),
		permanent: checkOneOf('permanent', options.permanent ?? true, [true, false]),
		idleTimeout,
		absoluteTimeout: readDuration('absoluteTimeout', options.absoluteTimeout ?? '14d', {
			least: 1000,
			canBeInfinite: true,
		}),
		touchAfter: readDuration('touchAfter', options.touchAfter ?? Math.floor(idleTimeout / 10), {
			least: 0,
			most: idleTimeout,
		}),
		merge: checkFunction('merge', options.merge ?? merge),
		storeTimeout: readDuration('storeTimeout', options.storeTimeout ?? '2s', {least: 1, most: 3_600_000}),
		onStoreError: checkOneOf<'throw' | 'anonymous'>('onStoreError', options.onStoreError ?? 'throw', [
			'throw',
			'anonymous',
		]),
		skip: checkFunction('skip', options.skip ?? (() => false)),
		property: checkText('property', options.property ?? 'session', /^[A-Za-z_$][\w$]*$/, 'a name such as `session`'),
	});
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
	'merge',
	'storeTimeout',
	'onStoreError',
	'skip',
	'property',
] as const satisfies readonly (keyof SessionOptions)[];

const resolveStore = (store: Store | string | undefined): ResolvedOptions['store'] => {
	if (store === undefined) return new NullStore();
	if (typeof store === 'string') {
		checkUrl(store);
		return () => open(store);
	}

	const methods = ['create', 'read', 'update', 'touch', 'delete'] as const;
	const missing = methods.find(method => typeof store?.[method] !== 'function');
	if (missing)
		throw new TypeError(`Expected \`store\` to be a store or its URL, got something without \`${missing}()\``);
	return store;
};

/** Every record tells which codec of the list wrote it, also where the list has one. */
const resolveCodec = (codec: NonNullable<SessionOptions['codec']>): Codec<Envelope> => {
	const codecs = typeof codec === 'function' ? [codec] : codec;
	if (!Array.isArray(codecs) || codecs.length === 0) throw unexpected('codec', 'a codec or a list of them', codec);
	return history(codecs.map(each => checkFunction('codec', each)));
};

const resolveKeys = (keys: Keys | undefined): Keys | undefined => {
	if (keys === undefined || typeof keys === 'function' || Array.isArray(keys)) return keys;
	const {sign, index} = (keys ?? {}) as {sign?: unknown; index?: unknown};
	if (typeof sign === 'function' && typeof index === 'function') return keys;
	throw new TypeError('Expected `keys` to be a list of secrets, a Keygrip, or a function that returns either');
};

const resolveTransport = ({transport, cookie: attributes}: SessionOptions): Transport => {
	if (transport === undefined) return cookie(attributes);
	if (attributes !== undefined)
		throw new TypeError('Expected `cookie` or `transport`, got both. The cookie is a transport');
	for (const method of ['read', 'write', 'clear', 'canWrite', 'format'] as const) {
		checkFunction(`transport.${method}`, transport?.[method]);
	}

	for (const name of ['vary', 'sets'] as const) checkText(`transport.${name}`, transport[name], headerName, 'a header');
	if (typeof transport.name !== 'function') checkText('transport.name', transport.name, /./, 'a name or a function');
	return transport;
};
