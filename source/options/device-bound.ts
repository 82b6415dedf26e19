import type {Context} from 'koa';
import type {DeviceBoundOptions} from '../options.ts';
import type {Transport} from '../transport.ts';
import {type CookieAttributes, cookieAttributes} from '../transports/cookie-attributes.ts';
import {checkObject, checkText, unexpected} from './checks.ts';
import {readDuration} from './duration.ts';
import {checkNames} from './names.ts';
import {checkPerRequest} from './per-request.ts';

/** The checked option `deviceBound`. */
export type ResolvedDeviceBound = {
	readonly lifetime: number;
	readonly path: string;
	readonly only: (ctx: Context) => boolean;
	readonly exclude: readonly string[];

	/** The transport that is a cookie, and its attributes. */
	readonly cookie: Transport;
	readonly attributes: CookieAttributes | ((ctx: Context) => CookieAttributes);
};

const path = /^(?:\/[\w.~%-]+)+$/;

/** @throws TypeError RangeError For what can't work: at start-up, and for attributes that depend on the request, there. */
export const resolveDeviceBound = (
	option: boolean | DeviceBoundOptions,
	{signed, property, transports}: {signed: boolean; property: string; transports: readonly Transport[]},
): ResolvedDeviceBound | undefined => {
	if (option === false) return undefined;
	const options = option === true ? {} : option;
	checkObject('deviceBound', options, '`true`, `false` or an object');
	checkNames(options, ['lifetime', 'path', 'only', 'exclude'], {within: 'deviceBound.'});
	if (!signed)
		throw new TypeError('Expected `signed: true` with `deviceBound`: the keys also sign what proves the device');

	const {lifetime = '10m', path: endpoint = '/.session-key', only = hasSubject(property), exclude = []} = options;
	if (!Array.isArray(exclude)) throw unexpected('deviceBound.exclude', 'a list of paths', exclude);
	const [cookie, attributes] = findCookie(transports);
	const resolved = {
		lifetime: readDuration('deviceBound.lifetime', lifetime, {least: 300_000, most: 3_600_000}),
		path: checkText('deviceBound.path', endpoint, path, 'a path such as `/.session-key`'),
		only: checkPerRequest('deviceBound.only', only),
		exclude: exclude.map(each => checkText('deviceBound.exclude', each, path, 'a list of paths such as `/assets`')),
		cookie,
		attributes,
	};
	if (typeof attributes !== 'function') checkBindable(attributes, resolved.path);
	return resolved;
};

/** The names of the two cookies that accompany a session's: the short-lived one, and the one that only the endpoint gets. */
export const companionNames = (name: string): readonly [bound: string, key: string] => {
	// `__Host-` allows no other path than `/`.
	const key = name.replace(/^__Host-Http-/i, '__Http-').replace(/^__Host-/i, '__Secure-');
	return [`${name}-bound`, `${key}-key`];
};

/** Refuses a cookie that no browser would bind. */
export const checkBindable = ({secure, partitioned, domain, path}: CookieAttributes, endpoint: string): void => {
	if (secure === false) throw new TypeError("Expected `cookie.secure` to be `true` or `'auto'` with `deviceBound`");
	if (partitioned)
		throw new TypeError('Expected no `cookie.partitioned` with `deviceBound`: browsers bind no such cookie');
	if (domain !== undefined) {
		throw new TypeError('Expected no `cookie.domain` with `deviceBound`, which binds a session to one host only');
	}

	const folder = path.endsWith('/') ? path : `${path}/`;
	if (!endpoint.startsWith(folder)) {
		throw new TypeError(
			`Expected \`deviceBound.path\` to begin with \`${folder}\`, as \`cookie.path\` says, got \`'${endpoint}'\``,
		);
	}
};

const findCookie = (transports: readonly Transport[]): [Transport, ResolvedDeviceBound['attributes']] => {
	for (const transport of transports) {
		const {[cookieAttributes]: attributes} = transport as CookieTransport;
		if (attributes) return [transport, attributes];
	}

	throw new TypeError(
		'Expected `transport` to contain `cookie()` with `deviceBound`: browsers bind nothing but cookies',
	);
};

type CookieTransport = Transport & {readonly [cookieAttributes]?: ResolvedDeviceBound['attributes']};

const hasSubject =
	(property: string) =>
	(ctx: Context): boolean =>
		(ctx as unknown as Record<string, {subject?: unknown}>)[property]?.subject !== undefined;
