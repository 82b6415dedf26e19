// What compiles, and what must not, in an application that declares no session data. A program of its own: `package.ts`.
import Router from '@koa/router';
import {expectTypeOf} from 'expect-type';
import Koa, {type Context} from 'koa';
import session, {
	type Data,
	type DeclaredData,
	type FlashMessage,
	type Session,
	type SessionMiddleware,
} from 'koa-server-session';

expectTypeOf<DeclaredData>().toEqualTypeOf<Data>();

// As untyped as Koa itself.
const app = new Koa();
const sessions = session(app);
expectTypeOf(sessions).toEqualTypeOf<SessionMiddleware<Data>>();
app.use(sessions);
app.use(async ctx => {
	ctx.session.views = (ctx.session.views ?? 0) + 1;
	ctx.session = {views: 1};
	ctx.session = null;
	await ctx.session.update((stored: {views?: number}) => {
		stored.views = 1;
	});
});
const router = new Router();
router.get('/', ctx => {
	ctx.session.views++;
});
app.use(router.routes());
export const count = (ctx: Context) => ctx.session.views + 1;

// After the middleware its members are typed, and data is `unknown`.
new Koa<object, object>().use(session()).use(ctx => {
	expectTypeOf(ctx.session).toEqualTypeOf<Session>();
	expectTypeOf(ctx.session['views']).toEqualTypeOf<unknown>();
	expectTypeOf(ctx.session.isNew).toEqualTypeOf<boolean>();
	expectTypeOf(ctx.session.isBound).toEqualTypeOf<boolean>();
	ctx.session = {anything: 1};
	ctx.session.flash('info', 'Saved');
	ctx.session.flash('invalid', {field: 'name', places: [1, null, true]});
	expectTypeOf(ctx.session.flashes('info')).toEqualTypeOf<FlashMessage[]>();
	// @ts-expect-error what JSON hasn't got
	ctx.session.flash('info', () => 'Saved');
	// @ts-expect-error no message at all
	ctx.session.flash('info');
	// @ts-expect-error neither data nor `null`
	ctx.session = 1;
});

// Or its data is named, also where the application's context is Koa's own.
interface Cart {
	items?: string[];
}
new Koa().use(session<Cart>(app)).use(ctx => {
	expectTypeOf(ctx.session).toEqualTypeOf<Session<Cart>>();
	ctx.session = {items: []};
	ctx.session = null;
	// @ts-expect-error a misspelt key
	ctx.session.itms = [];
	// @ts-expect-error a misspelt key
	ctx.session = {itms: []};
	// @ts-expect-error another type
	ctx.session.items = 1;
});
new Koa<{started: number}, {mine: true}>().use(session<Cart>()).use(ctx => {
	expectTypeOf(ctx.session.items).toEqualTypeOf<string[] | undefined>();
	// @ts-expect-error a misspelt property of the state
	ctx.state.strated;
});

/** A helper for sessions of any data. */
export const logIn = async <Fields extends {user?: string}>(current: Session<Fields>, user: string) => {
	await current.regenerate();
	return current.user === user;
};
// @ts-expect-error the name of a member
session<{subject: string}>();
