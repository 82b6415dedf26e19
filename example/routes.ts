import Router from '@koa/router';
import type {SessionContext, Store} from '../source/index.ts';
import {addOne, type Cart, type Product, products, readQuantity, setQuantity} from './cart.ts';
import {formToken} from './form.ts';
import type {Html} from './html.ts';
import {inspect} from './inspection.ts';
import type {KeyFile} from './keys.ts';
import {isPassword, readName} from './login.ts';
import {accountPage} from './pages/account.ts';
import {keysPage} from './pages/keys.ts';
import {layout} from './pages/layout.ts';
import {happeningsPanel} from './pages/panel.ts';
import {shopPage} from './pages/shop.ts';
import {viewsPage} from './pages/views.ts';
import type {Trail} from './trail.ts';
import type {Visit, VisitContext, VisitState} from './visit.ts';

/** What the routes work with. */
export type RoutesOptions = {
	/** The store itself, for the panel. */
	readonly store: Store;
	readonly keyFile: KeyFile;
	readonly trail: Trail;
};

/** Makes the pages and the forms. Changes come by POST and answer with a redirect, so that reloading repeats nothing. */
export const createRoutes = ({store, keyFile, trail}: RoutesOptions) => {
	const router = new Router<VisitState, SessionContext<Visit>>();

	const show = async (ctx: VisitContext, title: string, main: Html): Promise<void> => {
		// Only for the panel, which tells what this very request has stored. The commit at the end would do.
		await ctx.session.save();
		const panel = happeningsPanel({current: trail.current, before: trail.steps, found: await inspect(ctx, store)});
		ctx.type = 'html';
		ctx.body = String(layout({title, path: ctx.path, session: ctx.session, main, panel}));
	};

	router.get('/', async ctx => {
		// Exact, however many tabs are loading at once.
		const views = await ctx.session.update(session => {
			session.views = (session.views ?? 0) + 1;
			return session.views;
		});
		await show(ctx, 'Views', viewsPage(views));
	});

	router.get('/shop', ctx => show(ctx, 'Shop', shopPage(ctx.session.cart ?? {}, formToken(ctx.session))));

	const changeCart = async (ctx: VisitContext, change: (cart: Cart) => Cart): Promise<void> => {
		await ctx.session.update(session => {
			session.cart = change(session.cart ?? {});
		});
		seeOther(ctx, '/shop');
	};

	router.post('/cart/add', ctx => {
		const product = productOf(ctx);
		return changeCart(ctx, cart => addOne(cart, product));
	});

	router.post('/cart/change', ctx => {
		const product = productOf(ctx);
		const quantity = readQuantity(ctx.state.form.get('quantity')) ?? ctx.throw(422);
		return changeCart(ctx, cart => setQuantity(cart, product, quantity));
	});

	router.post('/cart/remove', ctx => {
		const product = productOf(ctx);
		return changeCart(ctx, cart => setQuantity(cart, product, 0));
	});

	router.get('/account', ctx => show(ctx, 'Account', accountPage(ctx.session, formToken(ctx.session))));

	router.post('/login', async ctx => {
		const {form} = ctx.state;
		const name = readName(form.get('name'));
		if (name === undefined || !isPassword(form.get('password'))) {
			ctx.status = 422;
			const failed = {name: form.get('name') ?? '', problem: name === undefined ? 'name' : 'password'} as const;
			return show(ctx, 'Account', accountPage(ctx.session, formToken(ctx.session), failed));
		}

		// A new id, so that one that somebody else knew or planted before is worth nothing. A new form token too.
		await ctx.session.regenerate({keep: ['views', 'cart']});
		ctx.session.user = name;
		ctx.session.subject = name;
		ctx.session.permanent = form.has('remember');
		seeOther(ctx, '/account');
	});

	router.post('/logout', async ctx => {
		await ctx.session.destroy();
		seeOther(ctx, '/account');
	});

	router.get('/keys', ctx => show(ctx, 'Keys', keysPage(keyFile.keys, formToken(ctx.session))));

	// An application of your own would let its operators do this, and nobody else.
	router.post('/keys/rotate', ctx => {
		keyFile.rotate();
		ctx.app.keys = [...keyFile.keys];
		seeOther(ctx, '/keys');
	});

	return router;
};

const productOf = (ctx: VisitContext): Product =>
	products.find(({id}) => id === ctx.state.form.get('product')) ?? ctx.throw(422);

/** Answers a change: the browser is to fetch this page next, by GET. */
const seeOther = (ctx: VisitContext, path: string): void => {
	ctx.status = 303;
	ctx.redirect(path);
};
