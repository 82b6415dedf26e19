import Router from '@koa/router';
import type {SessionContext, SessionMiddleware} from '../source/index.ts';
import {addOne, type Cart, type Product, products, readQuantity, setQuantity} from './cart.ts';
import type {CodecName} from './codecs.ts';
import {addDeviceRoutes} from './device-routes.ts';
import {deviceOf} from './devices.ts';
import {formToken} from './form.ts';
import type {KeyFile} from './keys.ts';
import {isPassword, readName} from './login.ts';
import {addOperatorRoutes} from './operator-routes.ts';
import {accountPage} from './pages/account.ts';
import {shopPage} from './pages/shop.ts';
import {viewsPage} from './pages/views.ts';
import {createShow, type ShowOptions, seeOther} from './show.ts';
import type {Visit, VisitContext, VisitState} from './visit.ts';

/** What the routes work with. */
export type RoutesOptions = ShowOptions & {
	readonly signingKeys: KeyFile;
	readonly encryptionKeys: KeyFile;

	/** The middleware of this moment: a switch of the codec makes another one. */
	sessions(): SessionMiddleware<Visit>;

	/** Lets another codec write from now on. */
	switchCodec(name: CodecName): void;
};

/** Makes the pages and the forms. Changes come by POST and answer with a redirect, so that reloading repeats nothing. */
export const createRoutes = (options: RoutesOptions) => {
	const router = new Router<VisitState, SessionContext<Visit>>();
	const show = createShow(options);
	addDeviceRoutes(router, show, options);
	addOperatorRoutes(router, show, options);

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
		ctx.session.device = deviceOf(ctx);
		ctx.session.permanent = form.has('remember');
		seeOther(ctx, '/account');
	});

	router.post('/logout', async ctx => {
		await ctx.session.destroy();
		seeOther(ctx, '/account');
	});

	return router;
};

const productOf = (ctx: VisitContext): Product =>
	products.find(({id}) => id === ctx.state.form.get('product')) ?? ctx.throw(422);
