// What compiles, and what must not, in an application that declares its session data. A program of its own: `package.ts`.
import type {IncomingMessage} from 'node:http';
import Router from '@koa/router';
import {expectTypeOf} from 'expect-type';
import Koa, {type Context, type Middleware, type Next} from 'koa';
import compose from 'koa-compose';
import session, {
	type DeclaredData,
	type Session,
	type SessionContext,
	type SessionData,
	type SessionMiddleware,
	type SessionOptions,
} from 'koa-server-session';

declare module 'koa-server-session' {
	interface SessionData {
		user?: string;
		cart?: string[];
	}

	interface FlashMessages {
		info: string;
		invalid: {field: string};
	}
}

expectTypeOf<DeclaredData>().toEqualTypeOf<SessionData>();

// Plain Koa, one statement after the other.
const app = new Koa();
const sessions = session(app);
expectTypeOf(sessions).toEqualTypeOf<SessionMiddleware>();
expectTypeOf(sessions).toEqualTypeOf<SessionMiddleware<SessionData>>();
app.use(sessions);
app.use(async ctx => {
	expectTypeOf(ctx.session).toEqualTypeOf<Session>();
	expectTypeOf(ctx.session.user).toEqualTypeOf<string | undefined>();
	expectTypeOf(ctx.session.id).toEqualTypeOf<string>();
	expectTypeOf(ctx.session.expiresAt).toEqualTypeOf<Date>();
	ctx.session.user = 'ada';
	ctx.session.cart = [...(ctx.session.cart ?? []), 'pear'];
	delete ctx.session.user;
	// @ts-expect-error a misspelt key
	ctx.session.usr = 'ada';
	// @ts-expect-error a misspelt key, read
	ctx.session.usr;
	// @ts-expect-error another type
	ctx.session.user = 1;
	// @ts-expect-error a member that can't be set
	ctx.session.id = 'mine';

	ctx.session = null;
	ctx.session = {};
	ctx.session = {user: 'ada', cart: []};
	// @ts-expect-error a misspelt key
	ctx.session = {usr: 'ada'};
	// @ts-expect-error another type
	ctx.session = {user: 1};
	// @ts-expect-error neither data nor `null`
	ctx.session = undefined;
	// @ts-expect-error nor is a text
	ctx.session = 'ada';

	await ctx.session.regenerate();
	await ctx.session.regenerate({keep: ['cart']});
	// @ts-expect-error a misspelt key
	await ctx.session.regenerate({keep: ['crt']});

	const length = await ctx.session.update(stored => {
		expectTypeOf(stored).toEqualTypeOf<Session>();
		stored.cart = [...(stored.cart ?? []), 'pear'];
		// @ts-expect-error a misspelt key
		stored.crt = [];
		return stored.cart.length;
	});
	expectTypeOf(length).toEqualTypeOf<number>();
	ctx.session.flash('info', 'Saved');
	ctx.session.flash('invalid', {field: 'name'});
	expectTypeOf(ctx.session.flashes('info')).toEqualTypeOf<string[]>();
	expectTypeOf(ctx.session.flashes('invalid')).toEqualTypeOf<{field: string}[]>();
	// @ts-expect-error a kind that isn't declared
	ctx.session.flash('inof', 'Saved');
	// @ts-expect-error the message of another kind
	ctx.session.flash('info', {field: 'name'});
	// @ts-expect-error a kind that isn't declared
	ctx.session.flashes('inof');

	// The rest of the context is as untyped as Koa has it.
	ctx['anything'] = 1;
});

// Nested middleware, with and without Koa's own names for types, and composed.
const untypedState: Middleware = async (ctx, next) => {
	expectTypeOf(ctx.session).toEqualTypeOf<Session>();
	await next();
};
const byContext = async (ctx: Context, next: Next) => {
	expectTypeOf(ctx.session.user).toEqualTypeOf<string | undefined>();
	// @ts-expect-error a misspelt key
	ctx.session.usr = 'ada';
	ctx.session = null;
	await next();
};
const greet = (current: Session) => current.user ?? 'nobody';
app.use(compose([untypedState, byContext, sessions]));
app.use(compose<Context>([byContext, async ctx => void greet(ctx.session)]));

// Routers.
const router = new Router();
router.use(sessions);
router.get('/', byContext, ctx => {
	expectTypeOf(ctx.session).toEqualTypeOf<Session>();
	// @ts-expect-error a misspelt key
	ctx.session.usr = 'ada';
	ctx.session = {user: ctx.params['user'] ?? 'ada'};
});
app.use(router.routes()).use(router.allowedMethods());

const ownRouter = new Router<{started: number}, SessionContext & {mine: true}>();
ownRouter.get('/', ctx => {
	expectTypeOf(ctx.session).toEqualTypeOf<Session>();
	expectTypeOf(ctx.state.started).toEqualTypeOf<number>();
	expectTypeOf(ctx.mine).toEqualTypeOf<true>();
	// @ts-expect-error a misspelt key
	ctx.session.usr = 'ada';
});

// An application that names its own state and context: the session comes by `use()`, and nothing else does.
type State = {started: number};
type Own = {mine: true};
const own = new Koa<State, Own>();
own.use(session(own)).use(ctx => {
	expectTypeOf(ctx.session).toEqualTypeOf<Session>();
	expectTypeOf(ctx.state.started).toEqualTypeOf<number>();
	expectTypeOf(ctx.mine).toEqualTypeOf<true>();
	ctx.session = {user: 'ada'};
	// @ts-expect-error a misspelt key
	ctx.session.usr = 'ada';
	// @ts-expect-error a misspelt property of the state
	ctx.state.strated;
	// @ts-expect-error a misspelt property of the context
	ctx.sesion;
});
new Koa<State, SessionContext>().use(ctx => {
	expectTypeOf(ctx.session).toEqualTypeOf<Session>();
});

// One middleware may hold other data.
type Cart = {items?: string[]};
new Koa<object, object>().use(session<Cart>({property: 'session'})).use(ctx => {
	expectTypeOf(ctx.session).toEqualTypeOf<Session<Cart>>();
	// @ts-expect-error it isn't in these
	ctx.session.user;
});

// @ts-expect-error the name of a member
session<{id: string}>();
// @ts-expect-error the name of another one
session<{user?: string; save: boolean}>(app);

// Outside of a request.
const outside = async (request: IncomingMessage) => {
	const found = await sessions.fromRequest(request);
	expectTypeOf(found).toEqualTypeOf<Readonly<Session> | undefined>();
	expectTypeOf(found?.user).toEqualTypeOf<string | undefined>();
	// @ts-expect-error it can only be read
	if (found) found.user = 'eve';
	for await (const {data, handle} of sessions.list('ada')) {
		expectTypeOf(data).toEqualTypeOf<SessionData>();
		await sessions.destroy({handle});
	}
	await sessions.create({user: 'ada'});
	// @ts-expect-error a misspelt key
	await sessions.create({usr: 'ada'});
};

expectTypeOf<SessionOptions['merge']>().toEqualTypeOf<
	((base: SessionData, theirs: SessionData, mine: SessionData) => SessionData) | undefined
>();

export {outside};
