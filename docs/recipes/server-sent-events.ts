// Server-sent events: the response stays open for hours, and must end when the session does.
//
//   npm install koa koa-server-session
import {PassThrough} from 'node:stream';
import Koa from 'koa';
import session from 'koa-server-session';

const app = new Koa();
app.keys = ['a secret of 32 characters or more'];
const sessions = session(app, {store: 'file:./sessions'});
app.use(sessions);

app.use(async ctx => {
	if (ctx.path === '/login') {
		await ctx.session.regenerate();
		ctx.session.subject = 'ada';
	}

	if (ctx.path === '/logout') await ctx.session.destroy();
	ctx.body = ctx.session.subject ?? 'nobody';
	if (ctx.path !== '/events') return;
	if (ctx.session.subject === undefined) ctx.throw(401);

	// Cookies leave with the headers, so what the session needs to say is saved first.
	await ctx.session.save();
	const {id} = ctx.session;
	const stream = new PassThrough();
	const timer = setInterval(async () => {
		// If the store fails for a moment, nobody is logged out for that.
		if (await sessions.isAlive({id}).catch(() => true)) stream.write(`data: ${new Date().toISOString()}\n\n`);
		else stream.end('event: logout\ndata:\n\n');
	}, 5000);
	stream.on('close', () => clearInterval(timer));
	ctx.type = 'text/event-stream';
	ctx.body = stream;
});

app.listen(3000);
