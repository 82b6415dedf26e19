// An application that used koa-session moves here, and nobody is logged out.
//
//   npm install koa koa-server-session ioredis      (koa-session can go)
//   REDIS_URL=redis://127.0.0.1:6379 node from-koa-session.ts      (Node 22.18 or later)
import {Redis} from 'ioredis';
import Koa from 'koa';
import session from 'koa-server-session';
import {fromKoaSession} from 'koa-server-session/moving/koa-session';

const redis = new Redis(process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379');

/** The options that koa-session had, unchanged. */
const old = {
	key: 'koa.sess',
	maxAge: 86_400_000,
	store: {
		get: async (key: string) => JSON.parse((await redis.get(key)) ?? 'null'),
		set: (key: string, data: object, maxAge: number) => redis.set(key, JSON.stringify(data), 'PX', maxAge),
		destroy: (key: string) => redis.del(key),
	},
};

const app = new Koa();
app.keys = ['the key that koa-session had, of 32 characters or more']; // it verifies the old cookies

// Before: app.use(koaSession(old, app));
const sessions = session(app, {store: process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379', idleTimeout: '1d'});
app.use(sessions);
app.use(
	fromKoaSession(sessions, old, {
		subject: ({user}) => (typeof user === 'string' ? user : undefined), // so that "log out everywhere" finds them
		until: new Date('2027-06-01'), // later than any old cookie lives. Then this middleware can go
	}),
);

// The routes stay as they are, but a login should make a new id, if it didn't before.
app.use(async ctx => {
	if (ctx.path === '/login') {
		await ctx.session.regenerate();
		ctx.session.user = 'ada';
	}

	if (ctx.path === '/logout') ctx.session = null;
	ctx.body = ctx.session?.user ? `Hello ${ctx.session.user}` : 'Hello stranger';
});

app.listen(3000, () => console.log('Open http://127.0.0.1:3000/login'));
