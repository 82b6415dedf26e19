// An application to be bundled. It counts a view on a store by URL, or on one with the application's own client.
import {Redis} from 'ioredis';
import Koa from 'koa';
import session from 'koa-server-session';
import {RedisStore} from 'koa-server-session/stores/redis';

const [url, kind] = process.argv.slice(2);
const app = new Koa();
app.keys = ['a secret of 32 characters or more'];
app.use(async (ctx, next) => {
	try {
		await next();
	} catch (error) {
		ctx.body = error.message;
	}
});
app.use(session(app, {store: kind === 'instance' ? new RedisStore(new Redis(url)) : url}));
app.use(ctx => {
	ctx.session.views = (ctx.session.views ?? 0) + 1;
	ctx.body = `view ${ctx.session.views}`;
});
const server = app.listen(0, '127.0.0.1', async () => {
	const response = await fetch(`http://127.0.0.1:${server.address().port}`);
	console.log(await response.text());
	process.exit();
});
