import type Koa from 'koa';
import type {Route, TestContext} from './app.ts';

/** Middleware before the session that turns an error into a response. @param show Answers, and may use the session. */
export const errorPage =
	(show: Route) =>
	(app: Koa): void => {
		app.use(async (ctx, next) => {
			try {
				await next();
			} catch {
				await show(ctx as TestContext);
			}
		});
	};
