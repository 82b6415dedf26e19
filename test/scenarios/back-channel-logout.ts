import {randomUUID} from 'node:crypto';
import test, {type ExecutionContext} from 'ava';
import {exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT} from 'jose';
import session from '../../source/index.ts';
import {FilesystemStore} from '../../source/stores/filesystem.ts';
import {startProgram} from '../helpers/docs/program.ts';
import {testKeys} from '../helpers/http/app.ts';
import {Jar} from '../helpers/http/jar.ts';
import {logInAtProvider, providerChanges, startProvider} from '../helpers/http/provider.ts';
import {temporaryDirectory} from '../helpers/stores/stores.ts';

// The recipe `back-channel-logout.ts` with a real provider: who logs out there is logged out here.

const event = 'http://schemas.openid.net/event/backchannel-logout';
const origin = 'http://127.0.0.1:3000';

/** A program runs once in a process, so the cases share it. */
const start = async (t: ExecutionContext) => {
	const directory = await temporaryDirectory(t);
	const {privateKey} = await generateKeyPair('RS256', {extractable: true});
	/** What the provider has sent to the program, and what it was answered. */
	const sent: {token: string; status: number}[] = [];
	let program = '';
	let isHeld = false;
	const deliver = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
		// Otherwise the provider calls no loopback address, and waits for 2.5 seconds.
		const anywhere = Object.assign({}, init, {dispatcher: undefined, signal: null});
		const response = isHeld ? new Response() : await fetch(String(input).replace(origin, program), anywhere);
		sent.push({token: new URLSearchParams(String(init?.body)).get('logout_token') ?? '', status: response.status});
		return response;
	};
	const issuer = await startProvider(
		t,
		{backchannel_logout_uri: `${origin}/back-channel-logout`, backchannel_logout_session_required: true},
		{
			jwks: {keys: [{...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig', kid: 'one'}]},
			features: {backchannelLogout: {enabled: true}},
			scopes: ['openid', 'prices'],
			fetch: deliver,
		},
	);
	const port = await startProgram(t, 'docs/recipes/back-channel-logout.ts', {
		...providerChanges(issuer),
		"'file:./sessions'": `'file:${directory}'`,
		'const app = new Koa();': 'const app = new Koa();\napp.silent = true;',
	});
	program = `http://127.0.0.1:${port}`;

	/** A browser that has come back from the provider, and what it knows there. */
	const comeBack = async (login: string, scope = 'openid') => {
		const [visitor, atProvider] = [new Jar(program), new Jar(issuer)];
		const location = (await visitor.get('/login')).headers.get('location') ?? '';
		const path = await logInAtProvider(atProvider, location.replace('scope=openid', `scope=${scope}`), login);
		t.regex(path, /[?&]code=/);
		return {visitor, atProvider, status: (await visitor.get(path)).status};
	};
	const logIn = async (login: string) => {
		const back = await comeBack(login);
		t.is(await back.visitor.text('/'), `${new URL(issuer).host}|${login}`);
		return back;
	};
	const send = async (token: string): Promise<number> =>
		(await new Jar(program).post('/back-channel-logout', {logout_token: token})).status;
	const claims = (): JWTPayload => {
		const now = Math.floor(Date.now() / 1000);
		return {iss: issuer, aud: 'shop', iat: now, exp: now + 120, jti: randomUUID(), sub: 'ada', events: {[event]: {}}};
	};
	const sign = (payload: JWTPayload, key: Parameters<SignJWT['sign']>[0] = privateKey, alg = 'RS256') =>
		new SignJWT(payload).setProtectedHeader({alg, kid: 'one', typ: 'logout+jwt'}).sign(key);
	const sessions = session({store: new FilesystemStore({directory}), keys: testKeys});
	const hold = () => {
		isHeld = true;
	};
	return {issuer, sent, hold, comeBack, logIn, send, claims, sign, stored: () => sessions.count()};
};

/** Logs out at the provider: its page asks first. */
const logOutAtProvider = async (atProvider: Jar): Promise<void> => {
	const [, xsrf = ''] = /name="xsrf" value="([^"]+)"/.exec(await atProvider.text('/session/end')) ?? [];
	await atProvider.post('/session/end/confirm', {xsrf, logout: 'yes'});
};

const nobody = 'Nobody is logged in';

test.serial('who logs out at the provider is logged out here, and only valid tokens do that', async t => {
	const {issuer, sent, hold, comeBack, logIn, send, claims, sign, stored} = await start(t);

	// With `sid`: this session of the user, and no other.
	const [phone, laptop, bob] = [await logIn('ada'), await logIn('ada'), await logIn('bob')];
	t.is(await stored(), 3);
	await logOutAtProvider(phone.atProvider);
	t.deepEqual(
		sent.map(({status}) => status),
		[200],
	);
	t.is(await stored(), 2, 'the session is gone from the store');
	t.is(await phone.visitor.text('/'), nobody);
	const ada = `${new URL(issuer).host}|ada`;
	t.is(await laptop.visitor.text('/'), ada);

	t.is(await send(sent[0]?.token ?? ''), 400, 'a token counts once');

	const other = await generateKeyPair('RS256');
	const {iat: _iat, ...noIat} = claims();
	const {exp: _exp, ...noExp} = claims();
	const {jti: _jti, ...noJti} = claims();
	const {sub: _sub, ...noSub} = claims();
	const {events: _events, ...noEvents} = claims();
	const refused: Record<string, string> = {
		'no token': '',
		'no JWT': 'rubbish',
		'another key': await sign(claims(), other.privateKey),
		'no signature': new UnsecuredJWT(claims()).encode(),
		'a shared secret': await sign(claims(), Buffer.from('secret'.padEnd(32, '.')), 'HS256'),
		'another issuer': await sign({...claims(), iss: 'https://evil.example'}),
		'another client': await sign({...claims(), aud: 'bank'}),
		'no iat': await sign(noIat),
		'an old iat': await sign({...claims(), iat: (claims().iat ?? 0) - 400}),
		'a future iat': await sign({...claims(), iat: (claims().iat ?? 0) + 100}),
		expired: await sign({...claims(), exp: (claims().iat ?? 0) - 60}),
		'no exp': await sign(noExp),
		'no jti': await sign(noJti),
		'no events': await sign(noEvents),
		'another event': await sign({...claims(), events: {'https://schemas.openid.net/secevent/risc': {}}}),
		'no object': await sign({...claims(), events: {[event]: true}}),
		'a nonce': await sign({...claims(), nonce: 'n'}),
		'neither sub nor sid': await sign(noSub),
		'a number as sid': await sign({...claims(), sid: 1}),
	};
	for (const [name, token] of Object.entries(refused)) t.is(await send(token), 400, name);
	t.is(await stored(), 2, 'none of them ended anything');

	// A `sid` of nobody ends nothing. Of copies at once, one counts.
	const unknown = await sign({...claims(), sid: 'unknown'});
	const answers = await Promise.all(Array.from({length: 5}, () => send(unknown)));
	t.deepEqual(answers.toSorted(), [200, 400, 400, 400, 400]);
	t.is(await stored(), 2);

	// With `sid` alone: the session is found too. The provider's own token stays on its way, to learn the name of bob's.
	hold();
	await logOutAtProvider(bob.atProvider);
	t.is(await bob.visitor.text('/'), `${new URL(issuer).host}|bob`);
	const {sid, sub} = JSON.parse(Buffer.from(sent.at(-1)?.token.split('.')[1] ?? '', 'base64url').toString());
	t.deepEqual([typeof sid, sub], ['string', 'bob']);
	t.is(await send(await sign({...noSub, sid})), 200);
	t.is(await bob.visitor.text('/'), nobody);
	t.is(await stored(), 1);

	// With `sub` alone: all sessions of the user, and nobody else's.
	const [tablet, carol] = [await logIn('ada'), await logIn('carol')];
	t.is(await send(await sign(claims())), 200);
	for (const {visitor} of [laptop, tablet]) t.is(await visitor.text('/'), nobody);
	t.is(await carol.visitor.text('/'), `${new URL(issuer).host}|carol`);

	// Without an ID token, nobody is named.
	const nameless = await comeBack('ada', 'prices');
	t.is(nameless.status, 500);
	t.is(await nameless.visitor.text('/'), nobody);
});
