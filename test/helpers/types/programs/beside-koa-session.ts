// An application that has `@types/koa-session` in its programs too, as one that is moving: those types of koa-session 6
// declare `ctx.session`, which its own types since 7 don't. A program of its own: `package.ts`.
/// <reference types="koa-session" />
import {expectTypeOf} from 'expect-type';
import Koa from 'koa';
import session from 'koa-server-session';

declare module 'koa-server-session' {
	interface SessionData {
		user?: string;
	}
}

const app = new Koa();
app.use(session(app));
app.use(async ctx => {
	expectTypeOf(ctx.session.user).toEqualTypeOf<string | undefined>();
	ctx.session.user = 'ada';
	ctx.session = null;
	await ctx.session.regenerate();

	// What koa-session says holds too, until its types are gone: every key is allowed, and data is one of its sessions.
	ctx.session.usr = 'ada';
	// @ts-expect-error data that is no session of koa-session
	ctx.session = {user: 'ada'};
});
