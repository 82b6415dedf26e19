import Koa from 'koa';
import {answer, start} from '../apps/route.ts';
import {Alone} from './alone.ts';

/** The route without any session: what all the others hold too. */
export const koa = (): Alone => {
	const data = {...start};
	return new Alone(
		new Koa().use(ctx => {
			ctx.body = answer(ctx.path, () => data);
		}),
	);
};
