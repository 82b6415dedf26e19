import Koa from 'koa';
import session from '../../source/index.ts';
import {answer, key} from '../apps/route.ts';
import {Alone} from './alone.ts';
import {InstantStore} from './instant-store.ts';

/** This library as one uses it: signed. */
export const ours = (): Alone => {
	const app = new Koa();
	app.keys = [key];
	app.use(session(app, {store: new InstantStore(), idleTimeout: '1h'}));
	app.use(ctx => {
		ctx.body = answer(ctx.path, () => ctx['session']);
	});
	return new Alone(app);
};
