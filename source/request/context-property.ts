import {SessionError} from '../errors.ts';

/** What `ctx.session` reads and writes in one request. `RequestSession` implements it. */
export type ContextProperty = {
	/** The middleware that put it there. */
	readonly owner: object;

	/** As `Exchange.exclusiveNames`. */
	readonly exclusiveNames: readonly string[];
	get(): unknown;
	set(value: unknown): void;
};

/** The part of a context that this file uses. */
type Host = {[slot: symbol]: ContextProperty | undefined};

/** Names that Koa sets on each context, so that they aren't found on the contexts' prototype. */
const ofKoa = ['app', 'req', 'res', 'request', 'response', 'originalUrl', 'state', 'respond'];

/** One slot for each property name, so that one accessor on `app.context` serves every middleware with that name. */
const slots = new Map<string, symbol>();

/** The names taken at start-up, by application: of properties, cookies and headers. */
const taken = new WeakMap<object, Set<string>>();

/**
Reserves a name for a middleware on an application.

@throws SessionError `ERR_SESSION_DUPLICATE` if another one has it.
*/
export const reserve = (app: object, kind: 'property' | 'cookie or header' | 'endpoint', name: string): void => {
	const names = taken.get(app) ?? new Set();
	taken.set(app, names);
	if (names.has(`${kind} ${name}`)) throw duplicate(kind, name);
	names.add(`${kind} ${name}`);
};

/**
Defines a property on every context of an application. It is done once, so it costs no request anything.

@param prototype The contexts' prototype: `app.context`.
@throws SessionError `ERR_SESSION_DUPLICATE` if contexts have something else under this name.
*/
export const defineProperty = (prototype: object, property: string): symbol => {
	const slot = slots.get(property) ?? Symbol(`koa-server-session ${property}`);
	slots.set(property, slot);
	if (Object.hasOwn(prototype, slot)) return slot;
	if (property in prototype || ofKoa.includes(property)) throw duplicate('property', property);

	Object.defineProperty(prototype, slot, {value: undefined, writable: true});
	Object.defineProperty(prototype, property, {
		configurable: true,
		get(this: Host) {
			return this[slot]?.get();
		},
		set(this: Host, value: unknown) {
			if (!this[slot])
				throw new TypeError(
					`No session on \`ctx.${property}\` of this request. Use \`session()\` before this middleware`,
				);
			this[slot].set(value);
		},
	});
	return slot;
};

/**
Puts a session on a context.

@returns `false` if the same middleware did so before for this request.
@throws SessionError `ERR_SESSION_DUPLICATE` if another one did, or has a token in the same place.
*/
export const attach = (ctx: object, property: string, attachment: ContextProperty): boolean => {
	const slot = defineProperty(Object.getPrototypeOf(ctx), property);
	const host = ctx as Host;
	if (host[slot]?.owner === attachment.owner) return false;
	if (host[slot]) throw duplicate('property', property);

	// Most applications use one property, so no context has another session.
	if (slots.size > 1) checkUnused(host, attachment.exclusiveNames);
	host[slot] = attachment;
	return true;
};

const checkUnused = (host: Host, names: readonly string[]): void => {
	for (const slot of slots.values()) {
		const taken = host[slot]?.exclusiveNames.find(name => names.includes(name));
		// No name of a cookie or a header has a slash.
		if (taken !== undefined) throw duplicate(taken.startsWith('/') ? 'endpoint' : 'cookie or header', taken);
	}
};

/** The session on a property of a context; `undefined` if its request has none. */
export const attached = (ctx: object, property: string): ContextProperty | undefined => {
	const slot = slots.get(property);
	return slot && (ctx as Host)[slot];
};

/** Makes the error for a name that two sessions would have in common. */
const duplicate = (kind: string, name: string) =>
	new SessionError(
		'ERR_SESSION_DUPLICATE',
		`Expected each session of an application to have its own ${kind}, but \`${name}\` is taken. ` +
			`${kind === 'endpoint' ? 'Set the option `deviceBound.path`' : 'Set the options `property` and `cookie.name`'}. ` +
			'For tenants, make each instance by `session(options)`, and choose one at each request',
	);
