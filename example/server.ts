import {once} from 'node:events';
import type {Server} from 'node:http';
import type {AddressInfo} from 'node:net';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {SessionError} from '../source/index.ts';
import {createApp} from './app.ts';
import {CodecFile} from './codecs.ts';
import {KeyFile} from './keys.ts';
import {openStore} from './store.ts';

/*
`npm start`: serves the example on this machine. Environment variables:

STORE  The store, a URL as for the `store` option. Default: files in example/.sessions
HOST   The address to listen on. Default: 127.0.0.1. In a container: 0.0.0.0
PORT   Default: 3000, or any free port if that is taken
KEYS   The file of the signing keys. Default: example/.sessions/keys. Next to it are `….encryption`, the encryption keys,
       and `….codecs`, the codecs used so far
*/
const folder = join(import.meta.dirname, '.sessions');
const {
	STORE: storeUrl = pathToFileURL(join(folder, 'records')).href,
	HOST: host = '127.0.0.1',
	PORT: wantedPort = '3000',
	KEYS: keyPath = join(folder, 'keys'),
} = process.env;

const start = async (): Promise<void> => {
	const port = readPort(wantedPort);
	const signingKeys = new KeyFile(keyPath);
	const encryptionKeys = new KeyFile(`${keyPath}.encryption`);
	const codecs = new CodecFile(`${keyPath}.codecs`, encryptionKeys);
	const store = await openStore(storeUrl);
	const app = createApp({store, signingKeys, encryptionKeys, codecs});

	const listen = async (port: number): Promise<Server> => {
		const server = app.listen(port, host);
		await once(server, 'listening');
		return server;
	};
	const server = await listen(port).catch(error => {
		if (error.code !== 'EADDRINUSE') throw error;
		console.log(`Port ${port} is taken, so the example uses another one.`);
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

const readPort = (text: string): number => {
	const port = Number(text);
	if (/^\d+$/.test(text) && port < 65_536) return port;
	throw new RangeError(`Expected PORT to be a number from 0 to 65535, got \`${text}\``);
};

try {
	await start();
} catch (error) {
	// For a wrong setting, the message is enough. Anything else is a bug, and needs its stack.
	if (!(error instanceof SessionError || error instanceof RangeError)) throw error;
	console.error(error.message);
	process.exitCode = 1;
}
