import {text} from 'node:stream/consumers';
import {createSecret, isSecret} from './secret.ts';
import type {Visit, VisitMiddleware} from './visit.ts';

/** The longest form takes about 200 bytes. */
const mostBytes = 10_000;

/** The token in every form, kept in the session. Another site can't read it, so it can't forge a form. */
export const formToken = (session: Visit): string => {
	session.formToken ??= createSecret();
	return session.formToken;
};

/** Reads the form of every request that may change something, and refuses forms from other sites. */
export const readForms: VisitMiddleware = async (ctx, next) => {
	if (ctx.method === 'GET' || ctx.method === 'HEAD') return next();
	if (!ctx.is('application/x-www-form-urlencoded')) ctx.throw(415);

	// Browsers always send the length, and Node reads no more than that.
	const {length} = ctx.request;
	if (length === undefined) ctx.throw(411);
	if (length > mostBytes) ctx.throw(413);

	const form = new URLSearchParams(await text(ctx.req));
	const token = ctx.session.formToken;
	if (token === undefined || !isSecret(token, form.get('token') ?? '')) ctx.throw(403);

	ctx.state.form = form;
	return next();
};
