// An API whose clients keep a token and send it in a header, without cookies.
//
//   npm install koa koa-server-session
//   node api-tokens.ts            (Node 22.18 or later)
import {createHash} from 'node:crypto';
import {json} from 'node:stream/consumers';
import Koa from 'koa';
import session from 'koa-server-session';
import {header} from 'koa-server-session/transports/header';

const app = new Koa();
app.keys = ['a secret of 32 characters or more'];
const lifetimes = {idleTimeout: '30d', absoluteTimeout: '90d'} as const;
const sessions = session(app, {store: 'file:./sessions', transport: header('x-session'), ...lifetimes});
app.use(sessions);

// Your clients' table, by the hash of each client's random secret.
const hash = (secret: string) => createHash('sha256').update(secret).digest('hex');
const clients = new Map([[hash('its secret, of 32 characters or more'), 'client-1']]);

// POST /tokens: the response has the token in `x-session`. Later responses may have a newer one, for the next request.
app.use(async (ctx, next) => {
	if (ctx.method !== 'POST' || ctx.path !== '/tokens') return next();
	const {secret} = (await json(ctx.req)) as {secret?: unknown};
	const client = clients.get(hash(String(secret))) ?? ctx.throw(401);
	await ctx.session.regenerate({keep: false});
	ctx.session.subject = client;
	ctx.status = 201;
});

app.use(async ctx => {
	const client = ctx.session.subject ?? ctx.throw(401);
	if (ctx.method === 'DELETE' && ctx.path === '/tokens') {
		await sessions.revoke(client); // takes back every token of this client
		ctx.status = 204;
	} else if (ctx.path === '/calls') {
		// Loses no call, however many come at once.
		const calls = await ctx.session.update((session: {calls?: number}) => {
			session.calls = (session.calls ?? 0) + 1;
			return session.calls;
		});
		ctx.body = {calls};
	}
});

app.listen(3000, () => console.log('POST {"secret": …} to http://127.0.0.1:3000/tokens'));
