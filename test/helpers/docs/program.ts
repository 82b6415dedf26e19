import {once} from 'node:events';
import {readFileSync} from 'node:fs';
import {registerHooks} from 'node:module';
import {type AddressInfo, Server} from 'node:net';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {type ExecutionContext, registerCompletionHandler} from 'ava';
import {fileOf, replaced} from './page.ts';
import {expectNoWarning} from './warnings.ts';

const root = join(import.meta.dirname, '../../..');

/** What a program of the documentation is on this machine: the texts that a test can't leave as they are, replaced. */
const changed = new Map<string, string>();

registerHooks({
	resolve(specifier, context, next) {
		const [, entry] = /^koa-server-session(?:\/(.+))?$/.exec(specifier) ?? [];
		if (!/^koa-server-session(?:\/|$)/.test(specifier)) return next(specifier, context);
		return {url: pathToFileURL(join(root, 'source', fileOf(entry))).href, shortCircuit: true};
	},
	load(url, context, next) {
		const source = changed.get(url);
		return source === undefined ? next(url, context) : {...next(url, context), source};
	},
});

// A program runs until somebody ends it, and so do its connections.
registerCompletionHandler(() => process.exit());

/** The server that the program under way has started. */
let starting: PromiseWithResolvers<Server> | undefined;

// A program listens on port 3000. Here it gets a free one, on this machine only.
const {listen} = Server.prototype;
Server.prototype.listen = function (this: Server, ...args: unknown[]) {
	if (typeof args[0] !== 'number' || !starting) return Reflect.apply(listen, this, args);
	starting.resolve(this);
	return Reflect.apply(listen, this, [args[0] === 3000 ? 0 : args[0], '127.0.0.1', ...args.slice(1)]);
};

/**
Starts a whole program of the documentation, in this process and on our source, and gives the port of its server.

Programs of one test file start one after the other, each once. The test fails if the library warns.
*/
export const startProgram = async (
	t: ExecutionContext,
	path: string,
	changes: Readonly<Record<string, string>> = {},
): Promise<number> => {
	expectNoWarning(t);
	const file = join(root, path);
	const {href} = pathToFileURL(file);
	changed.set(href, replaced(readFileSync(file, 'utf8'), changes));
	const {log} = console;
	console.log = () => undefined;
	starting = Promise.withResolvers<Server>();
	try {
		await import(href);
		const server = await starting.promise;
		if (!server.listening) await once(server, 'listening');
		t.teardown(() => {
			if ('closeAllConnections' in server) (server as import('node:http').Server).closeAllConnections();
			server.close();
		});
		return (server.address() as AddressInfo).port;
	} finally {
		starting = undefined;
		console.log = log;
	}
};
