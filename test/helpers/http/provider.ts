import {randomUUID} from 'node:crypto';
import {once} from 'node:events';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import type {ExecutionContext} from 'ava';
import Provider, {type Configuration} from 'oidc-provider';
import type {Jar} from './jar.ts';

/** A real OpenID Connect provider, whose forms log anybody in. Its one client is the shop. Resolves with its address. */
export const startProvider = async (
	t: ExecutionContext,
	client: object = {},
	configuration: Configuration = {},
): Promise<string> => {
	const {warn, info} = console;
	Object.assign(console, {warn() {}, info() {}});
	t.teardown(() => Object.assign(console, {warn, info}));
	// Its URL must be known before it is made.
	const server = createServer().listen(0, '127.0.0.1');
	await once(server, 'listening');
	t.teardown(() => {
		server.closeAllConnections();
		server.close();
	});
	const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	const shop = {client_id: 'shop', client_secret: 'secret', redirect_uris: ['http://127.0.0.1:3000/callback']};
	const provider = new Provider(issuer, {
		clients: [{...shop, ...client}],
		cookies: {keys: [randomUUID()]},
		...configuration,
	});
	server.on('request', provider.callback());
	return issuer;
};

/** What a program of the documentation needs in order to find that provider. */
export const providerChanges = (issuer: string): Readonly<Record<string, string>> => ({
	"process.env['ISSUER'] ?? 'https://accounts.example'": `'${issuer}'`,
	"process.env['CLIENT_SECRET']": "'secret', undefined, {execute: [client.allowInsecureRequests]}",
});

/** Goes through the provider's forms: who it is, then whether the shop may know. Resolves with the path to come back to. */
export const logInAtProvider = async (atProvider: Jar, sent: string, login = 'ada'): Promise<string> => {
	const {origin} = atProvider;
	let callback = sent;
	for (let steps = 0; steps < 12 && callback.startsWith(origin); steps++) {
		const page = await atProvider.get(callback.slice(origin.length));
		const body = await page.text();
		const [, action] = /<form [^>]*action="([^"]+)"/.exec(body) ?? [];
		const prompt = body.includes('value="login"') ? 'login' : 'consent';
		const next = action
			? await atProvider.post(new URL(action, origin).pathname, {prompt, login, password: 'any'})
			: page;
		callback = new URL(next.headers.get('location') ?? '', origin).href;
	}

	return callback.replace('http://127.0.0.1:3000', '');
};
