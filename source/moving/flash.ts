import {format} from 'node:util';
import type {DefaultState, Middleware} from 'koa';
import {checkText} from '../options/checks.ts';
import {flashKinds} from '../request/flash-kinds.ts';

/** `ctx.flash` and `ctx.req.flash`, as koa-better-flash and connect-flash have them. */
export interface Flash {
	/** Keeps a message, or each message of a list. `%s` in it stands for the next value, as in `util.format()`. */
	(kind: string, message: string | readonly string[], ...values: unknown[]): void;

	/** Takes the messages of a kind. */
	(kind: string): unknown[];

	/** Takes all messages, by kind. */
	(): Record<string, unknown[]>;
}

/** What `flash()` adds to the context. */
export type FlashContext = {readonly flash: Flash};

/** A session, as far as messages go. */
type Flashing = {
	readonly [flashKinds]: readonly string[];
	flash(kind: string, message: unknown): void;
	flashes(kind: string): unknown[];
};

/**
Gives each request `ctx.flash()` and `ctx.req.flash()`, on top of `ctx.session.flash()`.

For code that was written for koa-better-flash or connect-flash. Those packages keep their messages under the name
`flash` in the session, which is reserved here. Use it directly after the session, instead of the package or before it:
they leave a `flash` that exists.

@param property The option `property` of the session.

@example
import session from 'koa-server-session';
import {flash} from 'koa-server-session/moving/flash';

app.use(session(app, {store: 'file:./sessions'}));
app.use(flash());
*/
export const flash = (property = 'session'): Middleware<DefaultState, FlashContext> => {
	checkText('property', property, /./, 'the name of a property of `ctx`');
	return function flash(ctx, next) {
		const call = (...given: readonly unknown[]) => answer((ctx as unknown as Record<string, unknown>)[property], given);
		Object.assign(ctx, {flash: call});
		Object.assign(ctx.req, {flash: call});
		return next();
	};
};

const answer = (session: unknown, [kind, message, ...values]: readonly unknown[]): unknown => {
	if (!isFlashing(session)) throw new TypeError('No session in this request. Use `session()` before `flash()`');

	// Those packages take whatever is falsy for missing.
	if (!kind) return Object.fromEntries(session[flashKinds].map(each => [each, session.flashes(each)]));
	if (!message) return session.flashes(kind as string);

	const isList = values.length === 0 && Array.isArray(message);
	const messages = isList ? message : [values.length > 0 ? format(message, ...values) : message];
	for (const each of messages) session.flash(kind as string, each);
	return undefined;
};

const isFlashing = (session: unknown): session is Flashing =>
	typeof session === 'object' && session !== null && flashKinds in session;
