// Refuse requests that another site makes a browser send. Browsers say where a request comes from, so forms need no token.
//
//   npm install koa koa-server-session
import Koa from 'koa';
import session from 'koa-server-session';

const app = new Koa();
app.keys = ['a secret of 32 characters or more'];

// Before the session, so that such a request costs nothing. Reading must change nothing, as always.
app.use((ctx, next) => {
	const isRead = ['GET', 'HEAD', 'OPTIONS'].includes(ctx.method);
	// Every browser since 2023 sends it, over HTTPS and to localhost. Programs don't, and can't be made to by a site.
	const site = ctx.get('Sec-Fetch-Site');
	const isOurs = site === 'same-origin' || site === 'none';
	// An older browser at least says its origin. `ctx.origin` would be that header again.
	const origin = ctx.get('Origin');
	const isForeign = site === '' ? origin !== '' && origin !== `${ctx.protocol}://${ctx.host}` : !isOurs;
	if (isForeign && !isRead) ctx.throw(403);
	return next();
});

app.use(session(app, {store: 'file:./sessions'}));
app.use(ctx => {
	if (ctx.method === 'POST') ctx.session.orders = (ctx.session.orders ?? 0) + 1;
	ctx.type = 'html';
	ctx.body = `Orders: ${ctx.session.orders ?? 0} <form method="post"><button>Order</button></form>`;
});

app.listen(3000);
