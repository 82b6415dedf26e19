import Router from '@koa/router';
import type {SessionContext, SessionMiddleware} from '../source/index.ts';
import {addOne, type Cart, type Product, products, readQuantity, setQuantity} from './cart.ts';
import {type CodecName, isCodecName} from './codecs.ts';
import {deviceOf, endDevice, listDevices} from './devices.ts';
import {formToken} from './form.ts';
import type {KeyFile} from './keys.ts';
import {isPassword, readName} from './login.ts';
import {accountPage} from './pages/account.ts';
import {codecPage} from './pages/codec.ts';
import {devicesPage, nobodysDevicesPage} from './pages/devices.ts';
import {keysPage} from './pages/keys.ts';
import {shopPage} from './pages/shop.ts';
import {stealPage} from './pages/steal.ts';
import {viewsPage} from './pages/views.ts';
import {createShow, type Show, type ShowOptions, seeOther} from './show.ts';
import {copyOf} from './theft.ts';
import type {Visit, VisitContext, VisitRouter, VisitState} from './visit.ts';

/** What the routes need. */
export type RoutesOptions = ShowOptions & {
	readonly signingKeys: KeyFile;
	readonly encryptionKeys: KeyFile;

	/** The current session middleware. Switching the codec makes a new one. */
	sessions(): SessionMiddleware<Visit>;

	/** Makes another codec write from now on. */
	switchCodec(name: CodecName): void;
};

/** The pages and the forms. A form is sent by POST and answered with a redirect, so that reloading repeats nothing. */
export const createRoutes = (options: RoutesOptions) => {
	const router = new Router<VisitState, SessionContext<Visit>>();
	const show = createShow(options);
	addDeviceRoutes(router, show, options);
	addOperatorRoutes(router, show, options);

	router.get('/', async ctx => {
		// Exact, even if many tabs load at once.
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

		// A new id, so that an id that someone else knew or planted is worthless. A new form token too.
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

/** The page that shows people where they are logged in, and its forms. */
const addDeviceRoutes = (router: VisitRouter, show: Show, {store, sessions}: RoutesOptions): void => {
	router.get('/devices', async ctx => {
		if (ctx.session.user === undefined) return show(ctx, 'Devices', nobodysDevicesPage);

		const token = formToken(ctx.session);
		const canList = store.bySubject !== undefined;
		const devices = await listDevices(ctx, canList ? sessions() : undefined);
		return show(ctx, 'Devices', devicesPage({devices, canList, token}));
	});

	router.get('/steal', ctx => show(ctx, 'Steal this cookie', stealPage(copyOf(ctx))));

	router.post('/devices/end', async ctx => {
		const ended = await endDevice(ctx, sessions(), ctx.state.form.get('handle'));
		if (ended) ctx.session.flash('done', `${ended.agent} is logged out.`);
		seeOther(ctx, '/devices');
	});

	router.post('/devices/end-others', async ctx => {
		const {id, subject} = ctx.session;
		if (subject !== undefined) {
			const ended = await sessions().revoke(subject, {except: id});
			ctx.session.flash('done', ended === 1 ? 'One device is logged out.' : `${ended} devices are logged out.`);
		}
		seeOther(ctx, '/devices');
	});
};

/** Changing keys and the codec. Your application would allow only its operators to do that. */
const addOperatorRoutes = (
	router: VisitRouter,
	show: Show,
	{signingKeys, encryptionKeys, codecs, switchCodec}: RoutesOptions,
): void => {
	router.get('/keys', ctx =>
		show(
			ctx,
			'Keys',
			keysPage({
				signing: signingKeys.keys,
				encryption: encryptionKeys.keys,
				codec: codecs.newest,
				token: formToken(ctx.session),
			}),
		),
	);

	router.post('/keys/rotate', ctx => {
		const kind = ctx.state.form.get('kind');
		if (kind === 'signing') signingKeys.rotate();
		else if (kind === 'encryption') encryptionKeys.rotate();
		else ctx.throw(422);
		seeOther(ctx, '/keys');
	});

	router.get('/codec', ctx => show(ctx, 'Codec', codecPage(codecs, formToken(ctx.session))));

	router.post('/codec/switch', ctx => {
		const wanted = ctx.state.form.get('to');
		if (!isCodecName(wanted)) return ctx.throw(422);
		// Another tab may have switched already.
		if (wanted !== codecs.newest && !codecs.isFull) switchCodec(wanted);
		seeOther(ctx, '/codec');
	});
};
