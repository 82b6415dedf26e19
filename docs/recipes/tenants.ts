// Many tenants in one application, each with its own sessions. One cookie name serves all: they have different hosts.
//
//   npm install koa koa-server-session
import Koa from 'koa';
import session, {type SessionContext, type SessionMiddleware} from 'koa-server-session';

const tenants = new Map<string, SessionMiddleware>();

/** One instance for each tenant. Give each its own `prefix` or store: with the same, a token of one is good for all. */
const sessionsOf = (tenant: string): SessionMiddleware => {
	const known = tenants.get(tenant) ?? session({store: 'file:./sessions', prefix: `session:${tenant}:`});
	tenants.set(tenant, known);
	return known;
};

const hosts = ['ada.example', 'bob.example']; // `Host` is what the client says: serve no other tenant

const app = new Koa();
app.keys = ['a secret of 32 characters or more'];
app.use<object, SessionContext>((ctx, next) => {
	if (!hosts.includes(ctx.hostname)) ctx.throw(404);
	return sessionsOf(ctx.hostname)(ctx, next);
});

app.use(async ctx => {
	const {session} = ctx;
	if (ctx.path === '/login') {
		await session.regenerate();
		session.subject = 'carol';
	} else if (ctx.path === '/logout-everywhere') {
		await sessionsOf(ctx.hostname).revoke('carol'); // the methods act on their own tenant
	}

	ctx.body = `${session.subject ?? 'nobody'} at ${ctx.hostname}`;
});

app.listen(3000);
