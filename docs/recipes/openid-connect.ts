// Log in with OpenID Connect. What the login needs in between waits in the session.
//
//   npm install koa koa-server-session openid-client
import Koa from 'koa';
import session from 'koa-server-session';
import * as client from 'openid-client';

const origin = 'http://127.0.0.1:3000';
const issuer = new URL(process.env['ISSUER'] ?? 'https://accounts.example');
const provider = await client.discovery(issuer, process.env['CLIENT_ID'] ?? 'shop', process.env['CLIENT_SECRET']);
const redirect_uri = `${origin}/callback`;

const app = new Koa();
app.keys = ['a secret of 32 characters or more'];
// Not `sameSite: 'strict'`: the browser comes back from another site, and must bring the cookie.
app.use(session(app, {store: 'file:./sessions'}));

app.use(async ctx => {
	if (ctx.path === '/login') {
		const login = {verifier: client.randomPKCECodeVerifier(), state: client.randomState()};
		ctx.session.login = login;
		const code_challenge = await client.calculatePKCECodeChallenge(login.verifier);
		const parameters = {
			redirect_uri,
			scope: 'openid',
			code_challenge,
			code_challenge_method: 'S256',
			state: login.state,
		};
		ctx.redirect(client.buildAuthorizationUrl(provider, parameters).href);
	} else if (ctx.path === '/callback') {
		const {verifier, state} = (ctx.session.login ?? ctx.throw(400, 'Start at /login')) as Record<string, string>;
		// A browser may ask for another scope than `openid`. Then no ID token says who it is.
		const checks = {pkceCodeVerifier: String(verifier), expectedState: String(state), idTokenExpected: true};
		const tokens = await client.authorizationCodeGrant(provider, new URL(ctx.url, origin), checks);
		await ctx.session.regenerate({keep: false});
		// `sub` is unique only within its issuer.
		ctx.session.subject = `${issuer.host}|${tokens.claims()?.sub}`;
		ctx.redirect('/');
	} else if (ctx.path === '/logout' && ctx.method === 'POST') {
		await ctx.session.destroy();
		ctx.redirect('/');
	} else {
		ctx.body = ctx.session.subject ?? 'Nobody is logged in';
	}
});

app.listen(3000);
