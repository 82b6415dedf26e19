import Koa from 'koa';
import type {MakeApp} from './app.ts';
import {answer, start} from './route.ts';

/** Koa without any session: what a request costs at least. */
const make: MakeApp = () => {
	const data = {...start};
	return new Koa()
		.use(ctx => {
			ctx.body = answer(ctx.path, () => data);
		})
		.callback();
};

export default make;
