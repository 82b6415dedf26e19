// Socket.IO: a connection has the session of its first request, and ends with it.
//
//   npm install koa koa-server-session socket.io
import {createServer} from 'node:http';
import Koa from 'koa';
import session from 'koa-server-session';
import {Server} from 'socket.io';

const app = new Koa();
app.keys = ['a secret of 32 characters or more'];
const sessions = session(app, {store: 'file:./sessions'});
app.use(sessions);

app.use(async ctx => {
	if (ctx.path === '/login') {
		await ctx.session.regenerate();
		ctx.session.subject = 'ada';
	} else if (ctx.path === '/logout') {
		io.in(ctx.session.handle).disconnectSockets(true); // at once, in this process
		await ctx.session.destroy();
	}

	ctx.body = ctx.session.subject ?? 'nobody';
});

const server = createServer(app.callback());
const io = new Server(server, {
	// A page of any site may connect, and one of your subdomains brings the cookie too.
	allowRequest: ({headers}, answer) => {
		// The client begins with a GET, and browsers send no `Origin` with a GET to the page's own server. They say this instead.
		const isOwnPage = headers['sec-fetch-site'] === 'same-origin';
		answer(null, isOwnPage || headers.origin === 'http://localhost:3000');
	},
});

io.use(async (socket, next) => {
	// Socket.IO doesn't look at what this promise becomes, so a rejection would end the process.
	const found = await sessions.fromRequest(socket.request).catch(() => undefined);
	if (!found?.subject) return next(new Error('Log in first'));
	Object.assign(socket.data, {user: found.subject, id: found.id});
	await socket.join(found.handle);
	next();
});

io.on('connection', socket => {
	socket.on('who', answer => {
		// A client sends what it likes. What is thrown here would end the process.
		if (typeof answer === 'function') answer(socket.data.user);
	});

	// Another process may end the session, and so does time.
	const timer = setInterval(async () => {
		// If the store fails for a moment, nobody is logged out for that.
		if (!(await sessions.isAlive({id: socket.data.id}).catch(() => true))) socket.disconnect(true);
	}, 30_000);
	socket.on('disconnect', () => clearInterval(timer));
});

server.listen(3000);
