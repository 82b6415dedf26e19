// An application whose session data has the name of a member. A program of its own: `package.ts`.
import Koa from 'koa';
import session from 'koa-server-session';

declare module 'koa-server-session' {
	interface SessionData {
		user?: string;
		save?: boolean;
	}
}

const app = new Koa();
app.use(session(app));
app.use(ctx => {
	// @ts-expect-error the message says which names to choose again
	ctx.session.user = 'ada';
	// @ts-expect-error
	ctx.session = {save: true};
});
