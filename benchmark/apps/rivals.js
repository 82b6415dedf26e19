import Koa from 'koa';
import session from 'koa-session';
import {answer, key} from '../apps/route.ts';

/** koa-session with a store outside of the cookie, as its README shows one. */
export default redis => {
	const app = new Koa();
	app.keys = [key];
	const store = {
		get: async id => JSON.parse(await redis.get(id)),
		set: (id, data, maxAge) => redis.set(id, JSON.stringify(data), 'PX', maxAge),
		destroy: id => redis.del(id),
	};
	app.use(session({store, maxAge: 3_600_000}, app));
	app.use(ctx => {
		ctx.body = answer(ctx.path, () => ctx.session);
	});
	return app.callback();
};
