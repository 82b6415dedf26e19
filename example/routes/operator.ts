import {confirmFirst} from '../confirmation.ts';
import {formToken} from '../form.ts';
import {nobodysOperatorPage, operatorPage} from '../pages/operator.ts';
import {seeOther} from '../show.ts';
import {statisticsOf} from '../statistics.ts';
import type {VisitMiddleware} from '../visit.ts';
import type {AddRoutes} from './options.ts';

/** The operator's page: how many sessions there are, and a button that ends them all. */
export const addOperatorRoutes: AddRoutes = (router, show, {store, sessions}) => {
	const operatorOnly: VisitMiddleware = (ctx, next) => {
		if (ctx.session.isOperator) return next();
		ctx.status = 403;
		return show(ctx, 'Operator', nobodysOperatorPage);
	};

	router.get('/operator', operatorOnly, async ctx => {
		const statistics = store.keys && (await statisticsOf(sessions()));
		return show(ctx, 'Operator', operatorPage(statistics, formToken(ctx.session)));
	});

	router.post('/operator/clear', operatorOnly, confirmFirst('/operator'), async ctx => {
		const ended = await sessions().destroyAll({except: ctx.session.id});
		ctx.session.flash('done', ended === 1 ? 'One session is ended.' : `${ended} sessions are ended.`);
		seeOther(ctx, '/operator');
	});
};
