import Koa from 'koa';
import session, {type Store} from '../../source/index.ts';
import {RedisStore} from '../../source/stores/redis.ts';
import type {MakeApp} from './app.ts';
import {answer, key} from './route.ts';

/** This library on a store. */
export const serve = (store: Store): ReturnType<MakeApp> => {
	const app = new Koa();
	app.keys = [key];
	// Patient, since hundreds of visitors log in at once.
	app.use(session(app, {store, idleTimeout: '1h', storeTimeout: '30s'}));
	app.use(ctx => {
		ctx.body = answer(ctx.path, () => ctx['session']);
	});
	return app.callback();
};

const make: MakeApp = redis => serve(new RedisStore(redis));

export default make;
