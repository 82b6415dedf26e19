import {SessionError} from '../errors.ts';

/** Libraries that were made for express-session assign these. Their users can't choose another name. */
const remedies: Readonly<Record<string, string>> = {
	flash:
		'Choose another, or if a package such as `koa-better-flash` or `connect-flash` did this: ' +
		"use `flash()` of 'koa-server-session/moving/flash' before it or instead of it",
};

/** @throws SessionError `ERR_SESSION_RESERVED`, always. */
export const refuseReserved = (name: string): never => {
	throw new SessionError(
		'ERR_SESSION_RESERVED',
		`Expected session data under another name than \`${name}\`, which belongs to \`ctx.session\` itself. ${remedies[name] ?? 'Choose another'}`,
	);
};
