import {once} from 'node:events';
import type {Server} from 'node:http';
import type {AddressInfo} from 'node:net';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {SessionError, type Store} from '../source/index.ts';
import {open} from '../source/stores/open.ts';
import {createApp} from './app.ts';
import {CodecFile} from './codecs.ts';
import {KeyFile} from './keys.ts';
import {prepare} from './preparation.ts';

/*
`npm start`: the example on a port of this machine.

STORE  where sessions are kept: a URL like the option `store`. Without: files in example/.sessions
PORT   3000 without; any free one if it is taken
KEYS   the file of the signing keys: example/.sessions/keys without. Beside it are `….encryption`, the keys that encrypt,
       and `….codecs`, the codecs used so far
*/
const folder = join(import.meta.dirname, '.sessions');
const {
	STORE: storeUrl = pathToFileURL(join(folder, 'records')).href,
	PORT: wantedPort = '3000',
	KEYS: keyPath = join(folder, 'keys'),
} = process.env;

const start = async (): Promise<void> => {
	const port = readPort(wantedPort);
	const signingKeys = new KeyFile(keyPath);
	const encryptionKeys = new KeyFile(`${keyPath}.encryption`);
	const codecs = new CodecFile(`${keyPath}.codecs`, encryptionKeys);
	const store = await openStore();
	const app = createApp({store, signingKeys, encryptionKeys, codecs});

	const listen = async (port: number): Promise<Server> => {
		const server = app.listen(port, '127.0.0.1');
		await once(server, 'listening');
		return server;
	};
	const server = await listen(port).catch(error => {
		if (error.code !== 'EADDRINUSE') throw error;
		console.log(`Port ${port} is taken, so another one was chosen.`);
		return listen(0);
	});

	const stop = (): void => {
		// The middleware doesn't close a store that it was given.
		server.close(() => void store.close?.());
		server.closeIdleConnections();
	};
	process.once('SIGINT', stop);
	process.once('SIGTERM', stop);

	console.log(`Open http://127.0.0.1:${(server.address() as AddressInfo).port}`);
};

/** Opens the store and makes what it needs, and tells so. */
const openStore = async (): Promise<Store> => {
	const store = await open(storeUrl);
	console.log(`Sessions are kept in ${withoutSecrets(storeUrl)}`);
	try {
		for (const line of await prepare(store)) console.log(line);
		return store;
	} catch (error) {
		await store.close?.();
		throw error;
	}
};

const readPort = (text: string): number => {
	const port = Number(text);
	if (/^\d+$/.test(text) && port < 65_536) return port;
	throw new RangeError(`Expected PORT to be a number from 0 to 65535, got \`${text}\``);
};

/** Passwords stand before the host or among the parameters; those of files have none. */
const withoutSecrets = (url: string): string =>
	/^(file|sqlite):/.test(url) ? url : url.replace(/\?.*/s, '').replace(/\/\/.*@/s, '//');

try {
	await start();
} catch (error) {
	// What the settings lack is said in one line; anything else is a fault, with its stack.
	if (!(error instanceof SessionError || error instanceof RangeError)) throw error;
	console.error(error.message);
	process.exitCode = 1;
}
