import {addOne, type Cart, type Product, products, readQuantity, setQuantity} from '../cart.ts';
import {formToken} from '../form.ts';
import {shopPage} from '../pages/shop.ts';
import {seeOther} from '../show.ts';
import type {VisitContext} from '../visit.ts';
import type {AddRoutes} from './options.ts';

/** The shop and its cart. */
export const addShopRoutes: AddRoutes = (router, show) => {
	router.get('/shop', ctx => show(ctx, 'Shop', shopPage(ctx.session.cart ?? {}, formToken(ctx.session))));

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
};

const changeCart = async (ctx: VisitContext, change: (cart: Cart) => Cart): Promise<void> => {
	await ctx.session.update(session => {
		session.cart = change(session.cart ?? {});
	});
	seeOther(ctx, '/shop');
};

const productOf = (ctx: VisitContext): Product =>
	products.find(({id}) => id === ctx.state.form.get('product')) ?? ctx.throw(422);
