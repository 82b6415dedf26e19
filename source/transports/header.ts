import {checkText} from '../options/checks.ts';
import type {Transport} from '../transport.ts';

/**
Carries the token in a custom header, in requests and responses, for clients that keep no cookies.

A response whose session is new, extended or regenerated contains the token to send from then on. An empty value means:
forget the token. No response has `Set-Cookie`. In a list of transports, a client without a token sends the header empty
to get its token by it.

@param name Any header name. Case doesn't matter.
@throws TypeError If it isn't a header name.

@example
import session from 'koa-server-session';
import {header} from 'koa-server-session/transports/header';

app.use(session(app, {transport: header('x-session')}));
*/
export const header = (name: string): Transport => {
	const vary = checkText('name', name, /^[\w!#$%&'*+.^`|~-]+$/, 'a header such as `x-session`').toLowerCase();
	return {
		vary,
		sets: vary,
		name: vary,
		read(ctx) {
			return [ctx.req.headers[vary] ?? []].flat();
		},
		canWrite: () => true,
		write(ctx, token) {
			ctx.set(vary, token);
		},
		clear(ctx) {
			ctx.set(vary, '');
		},
		withdraw(ctx) {
			ctx.remove(vary);
		},
		format: (_ctx, token) => token,
	};
};
