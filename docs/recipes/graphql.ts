// GraphQL with Apollo Server: resolvers get the session as their context.
//
//   npm install koa koa-server-session @apollo/server graphql @koa/bodyparser
import {ApolloServer, HeaderMap} from '@apollo/server';
import {bodyParser} from '@koa/bodyparser';
import Koa from 'koa';
import session, {type Session} from 'koa-server-session';

const apollo = new ApolloServer<{session: Session}>({
	typeDefs: `
		type Query {me: String}
		type Mutation {logIn(name: String!): String logOut: Boolean}
	`,
	resolvers: {
		Query: {me: (_root, _args, {session}) => session.subject},
		Mutation: {
			async logIn(_root, {name}: {name: string}, {session}) {
				await session.regenerate();
				session.subject = name;
				return name;
			},
			async logOut(_root, _args, {session}) {
				await session.destroy();
				return true;
			},
		},
	},
});
await apollo.start();

const app = new Koa();
app.keys = ['a secret of 32 characters or more'];
app.use(session(app, {store: 'file:./sessions'}));
app.use(bodyParser());
app.use(async ctx => {
	const headers = new HeaderMap(Object.entries(ctx.headers).map(([name, value]) => [name, String(value)]));
	const {method, search, request} = ctx;
	const answer = await apollo.executeHTTPGraphQLRequest({
		// Apollo refuses what a form of another site could send, because of `csrfPrevention`.
		httpGraphQLRequest: {method, headers, search, body: request.body},
		context: async () => ({session: ctx.session}),
	});
	for (const [name, value] of answer.headers) ctx.set(name, value);
	ctx.status = answer.status ?? 200;
	ctx.body = answer.body.kind === 'complete' ? answer.body.string : answer.body.asyncIterator;
});

app.listen(3000);
