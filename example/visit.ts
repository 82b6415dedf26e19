import type Router from '@koa/router';
import type {DefaultState, Middleware, ParameterizedContext} from 'koa';
import type {Session, SessionContext} from '../source/index.ts';
import type {Cart} from './cart.ts';
import type {Device} from './devices.ts';

/** What a visitor's session holds. */
export type Visit = {
	views?: number;
	cart?: Cart;

	/** The name of the user, if logged in. */
	user?: string;

	/** Whether the user is the operator. Only a login with the operator's password sets it. */
	isOperator?: boolean;

	/** When the user last gave the password, in milliseconds since the epoch. */
	confirmedAt?: number;

	/** The device on which the user logged in. */
	device?: Device;

	/** The token that forms must send. */
	formToken?: string;
};

/** A visitor's session, as routes see it. */
export type VisitSession = Session<Visit>;

/** What earlier middleware passes to the routes. */
export type VisitState = DefaultState & {
	/** The fields of a form that one of our pages sent. */
	form: URLSearchParams;
};

/** The context of a route. */
export type VisitContext = ParameterizedContext<VisitState, SessionContext<Visit>>;

/** Middleware after the session. */
export type VisitMiddleware = Middleware<VisitState, SessionContext<Visit>>;

/** The router of the application. */
export type VisitRouter = Router<VisitState, SessionContext<Visit>>;
