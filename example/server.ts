import {once} from 'node:events';
import type {Server} from 'node:http';
import type {AddressInfo} from 'node:net';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {SessionError} from '../source/index.ts';
import {open} from '../source/stores/open.ts';
import {createApp} from './app.ts';
import {KeyFile} from './keys.ts';

/*
`npm start`: the example on a port of this machine.

STORE  where sessions are kept: a URL like the option `store`. Without: files in example/.sessions
PORT   3000 without; any free one if it is taken
KEYS   the file of the signing keys: example/.sessions/keys without
*/
const folder = join(import.meta.dirname, '.sessions');
const {
	STORE: storeUrl = pathToFileURL(join(folder, 'records')).href,
	PORT: wantedPort = '3000',
	KEYS: keyPath = join(folder, 'keys'),
} = process.env;

const start = async (): Promise<void> => {
	const port = readPort(wantedPort);
	const {app, sessions} = createApp(await open(storeUrl), new KeyFile(keyPath));

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
		server.close(() => void sessions.close());
		server.closeIdleConnections();
	};
	process.once('SIGINT', stop);
	process.once('SIGTERM', stop);

	console.log(`Open http://127.0.0.1:${(server.address() as AddressInfo).port}`);
	console.log(`Sessions are kept in ${withoutPassword(storeUrl)}`);
};

const readPort = (text: string): number => {
	const port = Number(text);
	if (/^\d+$/.test(text) && port < 65_536) return port;
	throw new RangeError(`Expected PORT to be a number from 0 to 65535, got \`${text}\``);
};

const withoutPassword = (url: string): string => url.replace(/\/\/[^/@]*@/, '//');

try {
	await start();
} catch (error) {
	// What the settings lack is said in one line; anything else is a fault, with its stack.
	if (!(error instanceof SessionError || error instanceof RangeError)) throw error;
	console.error(error.message);
	process.exitCode = 1;
}
