import Koa from 'koa';
import session from 'koa-session';
import {Alone} from '../alone/alone.ts';
import {answer} from '../apps/route.ts';

/** koa-session without a server and without a signature, which it makes slowly. */
export const koaSession = () => {
	const app = new Koa();
	const records = new Map();
	const store = {
		get: async id => JSON.parse(records.get(id)),
		set: async (id, data) => records.set(id, JSON.stringify(data)),
		destroy: async id => records.delete(id),
	};
	app.use(session({store, signed: false, maxAge: 3_600_000}, app));
	app.use(ctx => {
		ctx.body = answer(ctx.path, () => ctx.session);
	});
	return new Alone(app);
};
