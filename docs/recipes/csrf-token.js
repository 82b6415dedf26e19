// Form tokens with koa-csrf, where you can't rely on what browsers say (see csrf-fetch-metadata.ts).
//
//   npm install koa koa-server-session koa-csrf @koa/bodyparser
import {bodyParser} from '@koa/bodyparser';
import Koa from 'koa';
import CSRF from 'koa-csrf';
import session from 'koa-server-session';

const app = new Koa();
app.keys = ['a secret of 32 characters or more'];
app.use(session(app, {store: 'file:./sessions'}));
app.use(bodyParser());

// It keeps its secret in the session, so everyone who comes here gets one: use it only where there are forms.
const csrf = new CSRF({disableQuery: true});
app.use((ctx, next) => (ctx.path === '/order' ? csrf(ctx, next) : next()));

app.use(ctx => {
	if (ctx.path !== '/order') return;
	if (ctx.method === 'POST') ctx.session.orders = (ctx.session.orders ?? 0) + 1;
	ctx.type = 'html';
	ctx.body = `Orders: ${ctx.session.orders ?? 0}
		<form method="post"><input type="hidden" name="_csrf" value="${ctx.state._csrf}"><button>Order</button></form>`;
});

app.listen(3000);
