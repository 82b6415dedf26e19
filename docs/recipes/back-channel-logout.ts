// Log out when the OpenID Connect provider says so (back-channel logout): it sends a token, and the session ends here too.
//
//   npm install koa koa-server-session openid-client jose
import {createHash} from 'node:crypto';
import {text} from 'node:stream/consumers';
import {createRemoteJWKSet, jwtVerify} from 'jose';
import Koa from 'koa';
import session from 'koa-server-session';
import {open} from 'koa-server-session/stores/open';
import * as client from 'openid-client';

const origin = 'http://127.0.0.1:3000';
const clientId = process.env['CLIENT_ID'] ?? 'shop';
const issuer = new URL(process.env['ISSUER'] ?? 'https://accounts.example');
const provider = await client.discovery(issuer, clientId, process.env['CLIENT_SECRET']);
const {issuer: issuerName, jwks_uri = ''} = provider.serverMetadata();
const keys = createRemoteJWKSet(new URL(jwks_uri));
const redirect_uri = `${origin}/callback`;
const event = 'http://schemas.openid.net/event/backchannel-logout';

/** `sub` is unique only within its issuer. */
const subjectOf = (sub: string | undefined) => `${issuer.host}|${sub}`;

/** Checks a logout token: section 2.6 of OpenID Connect Back-Channel Logout 1.0. */
const verify = async (token: string) => {
	const {payload} = await jwtVerify(token, keys, {
		issuer: issuerName,
		audience: clientId,
		algorithms: ['RS256'], // as registered with the provider: `id_token_signed_response_alg`
		requiredClaims: ['jti', 'exp'],
		maxTokenAge: '5m', // requires `iat` too
		clockTolerance: '10s',
	});
	const {sub, sid, jti, exp} = payload;
	const logout = (payload['events'] as Record<string, unknown> | undefined)?.[event];
	if (typeof logout !== 'object' || logout === null) throw new Error('It is no logout token');
	if ('nonce' in payload) throw new Error('It is an ID token');
	if (sid !== undefined && typeof sid !== 'string') throw new Error('Its `sid` is no text');
	if (sub === undefined && sid === undefined) throw new Error('It names nobody');
	return {sub, sid, jti: String(jti), expiresAt: Number(exp) * 1000 + 10_000};
};

const app = new Koa();
app.keys = ['a secret of 32 characters or more'];
const store = await open('file:./sessions');
const sessions = session<{login?: {verifier: string; state: string}; sid?: string}>(app, {store});

/** Ends the session with this `sid`, or all of the user. */
const end = async (sub: string | undefined, sid: string | undefined) => {
	if (sid === undefined) return sessions.revoke(subjectOf(sub));
	// A token without `sub` costs a read of each session. Most providers send both.
	for await (const {subject, handle, data} of sub === undefined ? sessions.all() : sessions.list(subjectOf(sub))) {
		if (data.sid === sid && subject !== undefined) await sessions.revoke(subject, {handle});
	}
};

// Before the session, because the provider has none.
app.use(async (ctx, next) => {
	if (ctx.method !== 'POST' || ctx.path !== '/back-channel-logout') return next();
	ctx.set('Cache-Control', 'no-store');
	if ((ctx.request.length ?? Infinity) > 10_000) ctx.throw(413);
	const token = new URLSearchParams(await text(ctx.req)).get('logout_token') ?? '';
	const {sub, sid, jti, expiresAt} = await verify(token).catch(() => ctx.throw(400));

	// Each token counts once. The store notes it until it expires, for all processes.
	const key = `logout:${createHash('sha256').update(jti).digest('base64url')}`;
	if (await store.read(key)) ctx.throw(400);
	await end(sub, sid);
	// Afterwards, so that the provider may try again if that failed. Of two copies at once, one finds the other's note.
	const isFirst = await store.create(key, {bytes: new Uint8Array(), expiresAt});
	ctx.status = isFirst ? 200 : 400;
});

// Not `sameSite: 'strict'`: the browser comes back from another site, and must bring the cookie.
app.use(sessions).use(async ctx => {
	if (ctx.path === '/login') {
		const login = {verifier: client.randomPKCECodeVerifier(), state: client.randomState()};
		ctx.session.login = login;
		const code_challenge = await client.calculatePKCECodeChallenge(login.verifier);
		const checks = {code_challenge, code_challenge_method: 'S256', state: login.state};
		ctx.redirect(client.buildAuthorizationUrl(provider, {redirect_uri, scope: 'openid', ...checks}).href);
	} else if (ctx.path === '/callback') {
		const {verifier, state} = ctx.session.login ?? ctx.throw(400, 'Start at /login');
		// A browser may ask for another scope than `openid`. Then no ID token says who it is.
		const checks = {pkceCodeVerifier: verifier, expectedState: state, idTokenExpected: true};
		const tokens = await client.authorizationCodeGrant(provider, new URL(ctx.url, origin), checks);
		const claims = tokens.claims();
		await ctx.session.regenerate({keep: false});
		ctx.session.subject = subjectOf(claims?.sub);
		// The provider's name for its own session, which the logout token repeats.
		if (typeof claims?.['sid'] === 'string') ctx.session.sid = claims['sid'];
		ctx.redirect('/');
	} else {
		ctx.body = ctx.session.subject ?? 'Nobody is logged in';
	}
});

app.listen(3000);
