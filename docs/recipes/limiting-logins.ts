// Limit failed logins, by account and by address. The session can't count them: an attacker just leaves its cookie out.
//
//   npm install koa koa-server-session ioredis
import {text} from 'node:stream/consumers';
import {Redis} from 'ioredis';
import Koa from 'koa';
import session from 'koa-server-session';

const url = process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379';
const redis = new Redis(url);

/** Counts one more try of the last 15 minutes. Before the password is checked, so that parallel tries count too. */
const countTry = async (key: string): Promise<number> => {
	const [, count] = (await redis.multi().set(key, 0, 'EX', 900, 'NX').incr(key).exec()) ?? [];
	return Number(count?.[1]);
};

const app = new Koa();
app.keys = ['a secret of 32 characters or more'];
app.use(session(app, {store: url}));
app.use(async ctx => {
	if (ctx.method === 'POST' && ctx.path === '/login') {
		const form = new URLSearchParams(await text(ctx.req));
		const name = form.get('name') ?? '';
		const account = `tries:account:${name}`;
		// `ctx.ip` is the proxy's unless `app.proxy` is set.
		const [byAccount, byAddress] = await Promise.all([countTry(account), countTry(`tries:address:${ctx.ip}`)]);
		if (byAccount > 5 || byAddress > 100) {
			ctx.set('Retry-After', '900');
			ctx.throw(429);
		}

		if (form.get('password') !== 'correct horse') ctx.throw(403); // your users' table, with salted hashes
		await redis.del(account);
		await ctx.session.regenerate();
		ctx.session.subject = name;
	}

	ctx.body = ctx.session.subject ?? 'Nobody is logged in';
});

app.listen(3000);
