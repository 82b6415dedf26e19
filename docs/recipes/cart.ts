// A cart that survives the login: what a visitor chose before joins what the account had.
//
//   npm install koa koa-server-session
import Koa from 'koa';
import session from 'koa-server-session';

type Cart = Record<string, number>;
const savedCarts = new Map<string, Cart>(); // your database: a cart outlives its sessions

const app = new Koa();
app.keys = ['a secret of 32 characters or more'];
app.use(session<{cart?: Cart}>(app, {store: 'file:./sessions'})).use(async ctx => {
	const {session} = ctx;
	const [, action, product = ''] = ctx.path.split('/');

	if (ctx.method === 'POST' && action === 'add') {
		// Atomic, even if two tabs add the same product at the same moment.
		await session.update(newest => {
			newest.cart = {...newest.cart, [product]: (newest.cart?.[product] ?? 0) + 1};
		});
	} else if (ctx.method === 'POST' && action === 'login') {
		const user = 'ada';
		// If somebody is still logged in here, the cart is theirs, and nobody else's.
		if (session.subject) savedCarts.set(session.subject, session.cart ?? {});
		// Nothing else of an unknown visitor.
		await session.regenerate({keep: session.subject === undefined ? ['cart'] : false});
		session.subject = user;
		session.cart = {...savedCarts.get(user), ...session.cart};
	} else if (ctx.method === 'POST' && action === 'logout') {
		if (session.subject) savedCarts.set(session.subject, session.cart ?? {});
		await session.destroy();
	}

	ctx.body = ctx.session.cart ?? {};
});

app.listen(3000);
