import {once} from 'node:events';
import http from 'node:http';
import https from 'node:https';
import type {AddressInfo} from 'node:net';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {SessionError} from '../source/index.ts';
import {createApp} from './app.ts';
import {type Certificate, createCertificate} from './certificate.ts';
import {CodecFile} from './codecs.ts';
import {KeyFile} from './keys.ts';
import {operatorName} from './login.ts';
import {openStore} from './store.ts';

/*
`npm start`: serves the example on this machine. Environment variables:

STORE  The store, a URL as for the `store` option. Default: files in example/.sessions
HOST   The address to listen on. Default: 127.0.0.1. In a container: 0.0.0.0
PORT   Default: 3000, or any free port if that is taken
KEYS   The file of the signing keys. Default: example/.sessions/keys. Next to it are `….encryption`, the encryption keys,
       `….operator`, the operator's password, and `….codecs`, the codecs used so far
HTTPS  `1`: over HTTPS, where browsers may bind a session to their device. Default: plain HTTP
*/
const folder = join(import.meta.dirname, '.sessions');
const {
	STORE: storeUrl = pathToFileURL(join(folder, 'records')).href,
	HOST: host = '127.0.0.1',
	PORT: wantedPort = '3000',
	KEYS: keyPath = join(folder, 'keys'),
	HTTPS: wantsHttps,
} = process.env;

const start = async (): Promise<void> => {
	const port = readPort(wantedPort);
	const signingKeys = new KeyFile(keyPath);
	const encryptionKeys = new KeyFile(`${keyPath}.encryption`);
	const operatorPath = `${keyPath}.operator`;
	const operatorPasswords = new KeyFile(operatorPath);
	const codecs = new CodecFile(`${keyPath}.codecs`, encryptionKeys);
	const store = await openStore(storeUrl);
	const app = createApp({store, signingKeys, encryptionKeys, operatorPasswords, codecs});

	const certificate = wantsHttps === '1' ? createCertificate() : undefined;
	const listen = async (port: number): Promise<http.Server> => {
		const serve = app.callback();
		const server = certificate ? https.createServer(certificate, serve) : http.createServer(serve);
		server.listen(port, host);
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
		// `close()` also waits for connections on which a browser hasn't asked anything yet.
		setTimeout(() => server.closeAllConnections(), 2000).unref();
	};
	process.once('SIGINT', stop);
	process.once('SIGTERM', stop);

	const {port: takenPort} = server.address() as AddressInfo;
	const url = certificate ? `https://localhost:${takenPort}` : `http://127.0.0.1:${takenPort}`;
	if (certificate) explainBinding(certificate, url);
	// Not the password itself: logs are read by more people.
	console.log(`The password of the user \`${operatorName}\` is in ${operatorPath}`);
	console.log(`Open ${url}`);
};

/** Browsers bind nothing where they only ignore that a certificate isn't valid. So one has to be told that this one is. */
const explainBinding = ({pin}: Certificate, url: string): void => {
	console.log(`Any browser works, after its warning. To have the session bound to the device, start a Chromium by
chromium --user-data-dir="$(mktemp -d)" \\
	--enable-features=DeviceBoundSessions,EnableBoundSessionCredentialsSoftwareKeysForManualTesting \\
	--ignore-certificate-errors-spki-list=${pin} \\
	${url}/account`);
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
