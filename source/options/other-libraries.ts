import {called, type Remedies} from './names.ts';

const always = (what: string): string => `${what}. Leave it out.`;

const lifetime = `${called('idleTimeout')} For sessions that end with the browser, set \`permanent: false\`.`;

/** Options of koa-session, koa-generic-session, express-session, @fastify/session and their stores. */
export const ofSession: Remedies = {
	maxAge: lifetime,
	expires: lifetime,
	ttl: called('idleTimeout'),
	rolling: always('Sessions in use are extended, as often as `touchAfter` says'),
	renew: always('Sessions in use are extended, as often as `touchAfter` says'),
	key: called('cookie.name'),
	name: called('cookie.name'),
	cookieName: called('cookie.name'),
	secret: called('keys'),
	encode: called('codec'),
	decode: called('codec'),
	ContextStore: called('store'),
	externalKey: called('transport'),
	sessionIdStore: called('transport'),
	errorHandler: called('onStoreError'),
	reconnectTimeout: called('storeTimeout'),
	domain: called('cookie.domain'),
	path: called('cookie.path'),
	httpOnly: called('cookie.httpOnly'),
	secure: called('cookie.secure'),
	sameSite: called('cookie.sameSite'),
	partitioned: called('cookie.partitioned'),
	priority: called('cookie.priority'),
	autoCommit: always('What a request changes is saved at its end, or earlier by `await ctx.session.save()`'),
	overwrite: always('A response never sets the cookie of the session twice'),
	resave: always('What is unchanged is never written'),
	saveUninitialized: always('A session without data is never stored'),
	allowEmpty: always('A session without data is never stored'),
	defer: always('A request without a token calls no store'),
	unset: always('`ctx.session = null` always ends the session'),
	genid: always('An id is 32 random bytes'),
	genSid: always('An id is 32 random bytes'),
	idGenerator: always('An id is 32 random bytes'),
	proxy: 'Set `app.proxy`.',
	valid: 'Put `schema()` around the codec, or check the session in a middleware after it.',
	beforeSave: 'Work on `ctx.session` in a middleware after it, once its `await next()` is done.',
};
