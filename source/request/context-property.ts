import {SessionError} from '../errors.ts';

/** What stands behind `ctx.session` for one request. */
export type ContextProperty = {
	/** The middleware that put it there. */
	readonly owner: object;

	/** The names of what carries its token. */
	readonly transports: readonly string[];
	get(): unknown;
	set(value: unknown): void;
};

/** A context, as far as this file cares. */
type Host = {[slot: symbol]: ContextProperty | undefined};

/** What Koa itself puts on each context, so that it isn't found on what contexts inherit from. */
const ofKoa = ['app', 'req', 'res', 'request', 'response', 'originalUrl', 'state', 'respond'];

/** One slot a property name, so that one accessor on the application's context serves every instance of that name. */
const slots = new Map<string, symbol>();

/** Names taken at start-up, by application: properties, and what carries tokens. */
const taken = new WeakMap<object, Set<string>>();

/**
Reserves a name for a middleware on an application.

@throws SessionError `ERR_SESSION_DUPLICATE` if another one has it.
*/
export const reserve = (app: object, kind: 'property' | 'cookie or header', name: string): void => {
	const names = taken.get(app) ?? new Set();
	taken.set(app, names);
	if (names.has(`${kind} ${name}`)) throw duplicate(kind, name);
	names.add(`${kind} ${name}`);
};

/**
Makes a property available on every context of an application; done once, it costs no request anything.

@param prototype What contexts inherit from: `app.context`.
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
				throw new TypeError(`No session on \`ctx.${property}\` of this request. Use \`session()\` before`);
			this[slot].set(value);
		},
	});
	return slot;
};

/**
Puts a session on a context.

@returns `false` if this very middleware did so before, for the same request.
@throws SessionError `ERR_SESSION_DUPLICATE` if another one did, or has a token in the same place.
*/
export const attach = (ctx: object, property: string, attachment: ContextProperty): boolean => {
	const slot = defineProperty(Object.getPrototypeOf(ctx), property);
	const host = ctx as Host;
	if (host[slot]?.owner === attachment.owner) return false;
	if (host[slot]) throw duplicate('property', property);

	// Most applications have one instance, whose context can hold no other.
	if (slots.size > 1) checkTransports(host, attachment.transports);
	host[slot] = attachment;
	return true;
};

const checkTransports = (host: Host, transports: readonly string[]): void => {
	for (const slot of slots.values()) {
		const taken = host[slot]?.transports.find(transport => transports.includes(transport));
		if (taken !== undefined) throw duplicate('cookie or header', taken);
	}
};

/** What stands behind a property of a context; `undefined` if there is no session for its request. */
export const attached = (ctx: object, property: string): ContextProperty | undefined => {
	const slot = slots.get(property);
	return slot && (ctx as Host)[slot];
};

/** Makes the error for a name that two sessions would share. */
export const duplicate = (kind: string, name: string) =>
	new SessionError(
		'ERR_SESSION_DUPLICATE',
		`Expected each session of an application to have its own ${kind}, but \`${name}\` is taken. ` +
			'Set the options `property` and `cookie.name`',
	);
