// Log in with a passkey. The challenge waits in the session, and counts once.
//
//   npm install koa koa-server-session @simplewebauthn/server
import {json} from 'node:stream/consumers';
import {
	generateAuthenticationOptions,
	generateRegistrationOptions,
	verifyAuthenticationResponse,
	verifyRegistrationResponse,
	type WebAuthnCredential,
} from '@simplewebauthn/server';
import Koa, {type Context} from 'koa';
import session from 'koa-server-session';

const [expectedOrigin, rpID] = ['http://localhost:3000', 'localhost'];
const passkeys = new Map<string, {user: string; credential: WebAuthnCredential}>(); // your database

const app = new Koa();
app.keys = ['a secret of 32 characters or more'];
app.use(session(app, {store: 'file:./sessions'}));

/** Takes the challenge out of the session, so that no second response can use it. */
const takeChallenge = (ctx: Context): Promise<string> =>
	ctx.session.update((session: Record<string, unknown>) => {
		const challenge = String(session['challenge']);
		delete session['challenge'];
		return challenge;
	});

/** Whether a passkey may be added: the first one makes the account, and only its user adds others. */
const mayAdd = (ctx: Context, user: string): boolean =>
	ctx.session.subject === user || ![...passkeys.values()].some(passkey => passkey.user === user);

const routes: Record<string, (ctx: Context) => Promise<unknown>> = {
	async '/register/options'(ctx) {
		const options = await generateRegistrationOptions({
			rpName: 'Shop',
			rpID,
			userName: 'ada',
			authenticatorSelection: {residentKey: 'required'},
		});
		ctx.session['challenge'] = options.challenge;
		return options;
	},
	async '/register'(ctx) {
		const response = (await json(ctx.req)) as Parameters<typeof verifyRegistrationResponse>[0]['response'];
		const expectedChallenge = await takeChallenge(ctx);
		const {verified, registrationInfo} = await verifyRegistrationResponse({
			response,
			expectedChallenge,
			expectedOrigin,
			expectedRPID: rpID,
		});
		if (!verified || !registrationInfo) return ctx.throw(403);
		// Only now, with nothing awaited in between: two who register at once must not both be the first.
		if (!mayAdd(ctx, 'ada')) return ctx.throw(403, 'Log in first', {expose: true});
		passkeys.set(response.id, {user: 'ada', credential: registrationInfo.credential});
		return 'registered';
	},
	async '/login/options'(ctx) {
		const options = await generateAuthenticationOptions({rpID});
		ctx.session['challenge'] = options.challenge;
		return options;
	},
	async '/login'(ctx) {
		const response = (await json(ctx.req)) as Parameters<typeof verifyAuthenticationResponse>[0]['response'];
		const {user, credential} = passkeys.get(response.id) ?? ctx.throw(403);
		const expectedChallenge = await takeChallenge(ctx);
		const {verified, authenticationInfo} = await verifyAuthenticationResponse({
			response,
			expectedChallenge,
			expectedOrigin,
			expectedRPID: rpID,
			credential,
		});
		if (!verified) ctx.throw(403);
		credential.counter = authenticationInfo.newCounter;
		await ctx.session.regenerate();
		ctx.session.subject = user;
		return 'logged in';
	},
};

const page = `<!doctype html><title>Passkeys</title>
<button id="register">Register</button> <button id="login">Log in</button> <output></output>
<script type="module">
	const post = async (path, body) => (await fetch(path, {method: 'POST', body: JSON.stringify(body)})).json();
	const use = async (path, credential) => {
		document.querySelector('output').textContent = await post(path, (await credential).toJSON());
	};
	register.onclick = async () => use('/register', navigator.credentials.create({
		publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(await post('/register/options')),
	}));
	login.onclick = async () => use('/login', navigator.credentials.get({
		publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(await post('/login/options')),
	}));
</script>`;

app.use(async ctx => {
	const route = ctx.method === 'POST' ? routes[ctx.path] : undefined;
	if (route) ctx.body = JSON.stringify(await route(ctx));
	else if (ctx.path === '/') ctx.body = page;
	else if (ctx.path === '/user') ctx.body = ctx.session.subject ?? 'nobody';
});

app.listen(3000);
