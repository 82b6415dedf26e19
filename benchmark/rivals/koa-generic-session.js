import Koa from 'koa';
import session from 'koa-generic-session';
import redisStore from 'koa-redis';
import {answer, key} from '../apps/route.ts';

/** koa-generic-session on koa-redis. */
export default redis => {
	const app = new Koa();
	app.keys = [key];
	app.use(session({store: redisStore({client: redis}), cookie: {maxAge: 3_600_000}}));
	app.use(ctx => {
		ctx.body = answer(ctx.path, () => ctx.session);
	});
	return app.callback();
};
