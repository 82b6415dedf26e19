// Log in and out, with sessions in Redis: a new id at login, and "log out everywhere".
//
//   npm install koa koa-server-session ioredis
//   REDIS_URL=redis://127.0.0.1:6379 node redis-login.ts            (Node 22.18 or later)
import {randomBytes, scryptSync, timingSafeEqual} from 'node:crypto';
import {text} from 'node:stream/consumers';
import Koa from 'koa';
import session from 'koa-server-session';

// Your users' table. It keeps a salted hash of each password.
const hash = (password: string, salt: Buffer) => scryptSync(password, salt, 32);
const salt = randomBytes(16);
const users = new Map([['ada', {salt, hash: hash('correct horse', salt)}]]);
const nobody = {salt, hash: randomBytes(32)}; // so that an unknown name takes as long as a wrong password

const app = new Koa();
app.keys = ['a secret of 32 characters or more'];
const sessions = session(app, {
	store: process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379',
	idleTimeout: '30m',
	absoluteTimeout: '12h',
});
app.use(sessions);

app.use(async ctx => {
	const {session} = ctx;
	if (ctx.method === 'GET') {
		ctx.body = session.subject ? `Hello ${session.subject}` : 'POST name and password to /login';
	} else if (ctx.path === '/login') {
		const form = new URLSearchParams(await text(ctx.req));
		const name = form.get('name') ?? '';
		const user = users.get(name) ?? nobody;
		if (!timingSafeEqual(hash(form.get('password') ?? '', user.salt), user.hash)) ctx.throw(403, 'Wrong');
		await session.regenerate(); // otherwise an attacker who planted the old id is logged in too
		session.subject = name;
		ctx.body = `Hello ${name}`;
	} else if (ctx.path === '/logout') {
		await session.destroy();
		ctx.body = 'Bye';
	} else if (ctx.path === '/logout-everywhere' && session.subject) {
		ctx.body = `Ended: ${await sessions.revoke(session.subject)}`;
	}
});

app.listen(3000, () => console.log('curl -c jar -d "name=ada&password=correct horse" http://127.0.0.1:3000/login'));
