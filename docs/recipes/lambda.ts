// AWS Lambda: the application as it is, with sessions in DynamoDB. serverless-http turns events into requests.
//
//   npm install koa koa-server-session serverless-http @aws-sdk/client-dynamodb
import {DynamoDBClient} from '@aws-sdk/client-dynamodb';
import Koa from 'koa';
import session from 'koa-server-session';
import {DynamoStore} from 'koa-server-session/stores/dynamodb';
import serverless from 'serverless-http';

// All this is made once for each instance, outside of the handler: later events use the same client and its connections.
// A client instead of a URL, so that its library loads while the instance starts, not within the first request.
const store = new DynamoStore(new DynamoDBClient({}), {table: 'sessions'});
const app = new Koa();
app.keys = ['a secret of 32 characters or more']; // your own: from a secret of Lambda's
app.proxy = true; // API Gateway ends TLS, and says so in `X-Forwarded-Proto`
app.use(session(app, {store}));

app.use(async ctx => {
	if (ctx.path === '/login') {
		await ctx.session.regenerate();
		ctx.session.subject = 'ada';
		ctx.cookies.set('theme', 'dark'); // two cookies in one response arrive as two
	} else if (ctx.path === '/logout') {
		await ctx.session.destroy();
	}

	ctx.body = ctx.session.subject ?? 'nobody';
});

// With @codegenie/serverless-express: serverlessExpress({app: app.callback()})
export const handler = serverless(app);
