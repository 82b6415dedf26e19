import type Router from '@koa/router';
import type {DefaultState, Middleware, ParameterizedContext} from 'koa';
import type {Session, SessionContext} from '../source/index.ts';
import type {Cart} from './cart.ts';
import type {Device} from './devices.ts';

/** What the session of a visitor holds. */
export type Visit = {
	views?: number;
	cart?: Cart;

	/** The name of whoever is logged in. */
	user?: string;

	/** Where they logged in. */
	device?: Device;

	/** What a form must bring along to change anything. */
	formToken?: string;
};

/** The session of a visitor, as routes see it. */
export type VisitSession = Session<Visit>;

/** What the middleware in front of the routes found out. */
export type VisitState = DefaultState & {
	/** The fields of a form, checked to come from a page of ours. */
	form: URLSearchParams;
};

/** The context of a route. */
export type VisitContext = ParameterizedContext<VisitState, SessionContext<Visit>>;

/** Middleware behind the session. */
export type VisitMiddleware = Middleware<VisitState, SessionContext<Visit>>;

/** The router of the application. */
export type VisitRouter = Router<VisitState, SessionContext<Visit>>;
