import {text} from 'node:stream/consumers';
import {createSecret, isSecret} from './secret.ts';
import type {Visit, VisitMiddleware} from './visit.ts';

/** Our longest form takes some 200 bytes. */
const mostBytes = 10_000;

/** The token that a page puts into its forms, kept in the session: another site can't read it, so it can't send it. */
export const formToken = (session: Visit): string => {
	session.formToken ??= createSecret();
	return session.formToken;
};

/** Reads the form of every request that may change something, and refuses it unless a page of ours sent it. */
export const readForms: VisitMiddleware = async (ctx, next) => {
	if (ctx.method === 'GET' || ctx.method === 'HEAD') return next();
	if (!ctx.is('application/x-www-form-urlencoded')) ctx.throw(415);

	// Browsers always tell the length, and Node holds a client to what it told.
	const {length} = ctx.request;
	if (length === undefined) ctx.throw(411);
	if (length > mostBytes) ctx.throw(413);

	const form = new URLSearchParams(await text(ctx.req));
	const token = ctx.session.formToken;
	if (token === undefined || !isSecret(token, form.get('token') ?? '')) ctx.throw(403);

	ctx.state.form = form;
	return next();
};
