import Koa, {type Middleware} from 'koa';
import {SessionError} from '../source/index.ts';
import {errorPage} from './pages/error.ts';

/** Answers failures by a page that says what to do, and reports those that are ours. */
export const showErrors: Middleware = async (ctx, next) => {
	try {
		await next();
		if (ctx.status >= 400 && !ctx.body) ctx.throw(ctx.status);
	} catch (error) {
		const isKnown = error instanceof Koa.HttpError || error instanceof SessionError;
		const status = isKnown ? error.status : 500;
		if (status >= 500) ctx.app.emit('error', error, ctx);
		if (status === 503) ctx.set('Retry-After', '5');
		ctx.status = status;
		ctx.type = 'html';
		ctx.body = String(errorPage(status));
	}
};
