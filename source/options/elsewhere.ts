/** Our options by the names that koa-session, koa-generic-session, express-session and their stores have for them. */
const ours: Readonly<Record<string, string>> = {
	maxAge: 'idleTimeout',
	expires: 'idleTimeout',
	ttl: 'idleTimeout',
	rolling: 'touchAfter',
	renew: 'touchAfter',
	key: 'cookie.name',
	name: 'cookie.name',
	secret: 'keys',
	encode: 'codec',
	decode: 'codec',
	ContextStore: 'store',
	externalKey: 'transport',
	errorHandler: 'onStoreError',
	domain: 'cookie.domain',
	path: 'cookie.path',
	httpOnly: 'cookie.httpOnly',
	secure: 'cookie.secure',
	sameSite: 'cookie.sameSite',
};

/** Ends an error message about an unknown name by the option that does here what it does in other libraries. */
export const elsewhere = (given: string): string | undefined => {
	const option = Object.hasOwn(ours, given) ? ours[given] : undefined;
	return option && `Here it is the option \`${option}\`.`;
};
