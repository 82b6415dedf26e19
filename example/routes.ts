import Router from '@koa/router';
import type {SessionContext} from '../source/index.ts';
import {viewsPage} from './pages/views.ts';
import {addAccountRoutes} from './routes/account.ts';
import {addDeviceRoutes} from './routes/devices.ts';
import {addKeyRoutes} from './routes/keys.ts';
import {addOperatorRoutes} from './routes/operator.ts';
import type {RoutesOptions} from './routes/options.ts';
import {addShopRoutes} from './routes/shop.ts';
import {createShow} from './show.ts';
import type {Visit, VisitState} from './visit.ts';

/** The pages and the forms. A form is sent by POST and answered with a redirect, so that reloading repeats nothing. */
export const createRoutes = (options: RoutesOptions) => {
	const router = new Router<VisitState, SessionContext<Visit>>();
	const show = createShow(options);

	router.get('/', async ctx => {
		// Atomic, even if many tabs load at once.
		const views = await ctx.session.update(session => {
			session.views = (session.views ?? 0) + 1;
			return session.views;
		});
		await show(ctx, 'Views', viewsPage(views));
	});

	for (const add of [addShopRoutes, addAccountRoutes, addDeviceRoutes, addKeyRoutes, addOperatorRoutes])
		add(router, show, options);
	return router;
};
