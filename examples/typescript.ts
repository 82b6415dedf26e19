// A typed session: declare its fields once, and a misspelt field is a compile error everywhere.
//
//   npm install koa koa-server-session
//   npm install --save-dev typescript @types/koa @types/node
//   npx tsc --noEmit --strict --module nodenext --target es2023 --types node typescript.ts
//   node typescript.ts            (Node 22.18 or later; before, compile it first)
import Koa, {type Context} from 'koa';
import session from 'koa-server-session';

declare module 'koa-server-session' {
	interface SessionData {
		// Optional, because a new session has no fields.
		basket?: Map<string, number>;
		since?: Date;
	}

	interface FlashMessages {
		added: string;
	}
}

const app = new Koa();
app.keys = ['a secret of 32 characters or more'];
app.use(session(app, {store: 'file:./sessions', idleTimeout: '2h'}));

const addToBasket = async (ctx: Context, product: string): Promise<void> => {
	// Atomic, even if two tabs add at the same moment. Maps and dates are stored as they are.
	await ctx.session.update(session => {
		session.since ??= new Date();
		session.basket = new Map(session.basket).set(product, (session.basket?.get(product) ?? 0) + 1);
	});
	ctx.session.flash('added', product); // shown once, by the next page
	ctx.redirect('/');
};

app.use(async ctx => {
	const [, page, product] = ctx.path.split('/');
	if (page === 'add' && product) return addToBasket(ctx, product);

	ctx.body = {
		added: ctx.session.flashes('added'),
		basket: Object.fromEntries(ctx.session.basket ?? []),
		since: ctx.session.since?.getFullYear(),
		// @ts-expect-error: no such field
		misspelt: ctx.session.crat,
	};
});

app.listen(3000, () => console.log('Open http://127.0.0.1:3000/add/lamp'));
