// Ask for consent before the first cookie. Until a visitor agrees, nothing is stored: not in the browser, not in the store.
//
//   npm install koa koa-server-session
import Koa, {type Context} from 'koa';
import session from 'koa-server-session';
import {cookie} from 'koa-server-session/transports/cookie';

const app = new Koa();
app.keys = ['a secret of 32 characters or more'];

/** What the visitor said in this request, or in an earlier one. */
const hasConsent = (ctx: Context): boolean => ctx.state['consent'] === true || ctx.cookies.get('consent') === 'yes';

const usual = cookie();
const sessions = session<{visits?: number}>(app, {
	store: 'file:./sessions',
	transport: {...usual, canWrite: ctx => hasConsent(ctx) && usual.canWrite(ctx)},
});

app.use(sessions).use(async ctx => {
	if (ctx.method === 'POST' && ctx.path === '/consent') {
		ctx.cookies.set('consent', 'yes', {maxAge: 180 * 86_400_000, sameSite: 'lax', signed: false});
		ctx.state['consent'] = true;
	}

	if (ctx.method === 'POST' && ctx.path === '/withdraw') {
		// This response may still write, since the request came with consent: it clears the session's cookie.
		ctx.cookies.set('consent', '', {maxAge: 0, signed: false});
		await ctx.session.destroy();
		ctx.body = 'Your session is deleted';
		return;
	}

	ctx.session.visits = (ctx.session.visits ?? 0) + 1;
	ctx.body = `Visit ${ctx.session.visits}`;
});

app.listen(3000);
