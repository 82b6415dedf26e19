/** Options by their names in koa-session, koa-generic-session, express-session and their stores. */
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

/** Completes the message about an unknown option: if another library has it, says what it is called here. */
export const elsewhere = (given: string): string | undefined => {
	const option = Object.hasOwn(ours, given) ? ours[given] : undefined;
	return option && `Here the option is called \`${option}\`.`;
};
