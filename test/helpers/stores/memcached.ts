import {once} from 'node:events';
import {connect as dial} from 'node:net';
import type {ExecutionContext} from 'ava';
import {MemcacheClient} from 'memcache-client';
import {MemcachedStore} from '../../../source/stores/memcached.ts';
import {sharedMemcached, startMemcached} from '../../services/memcached.ts';
import type {Server, Settings} from '../../services/server.ts';

let own: Promise<string> | undefined;

/** The shared memcached of this run: keep to random keys there. Started for this file alone if AVA runs on its own. */
export const memcachedUrl = async (): Promise<string> => {
	const url = process.env['TEST_MEMCACHED_URL'];
	if (url) return patient(url);

	// It ends with this worker (see startServer), so nobody has to stop it.
	own ??= sharedMemcached().then(server => patient(server.url));
	return own;
};

/** A busy machine must not fail a test; those of time-outs say their own. */
export const patient = (url: string): string => `${url}?cmdTimeout=30000&connectTimeout=30000`;

/** A server for one test, which may do with it what it likes. */
export const privateMemcached = async (t: ExecutionContext, settings?: Settings): Promise<Server> => {
	const server = await startMemcached(settings);
	t.teardown(() => server.stop());
	return server;
};

/** A client as an application makes it. */
export const connect = (t: ExecutionContext, url: string): MemcacheClient => {
	const client = new MemcacheClient({server: {server: new URL(url).host, maxConnections: 4}, cmdTimeout: 30_000});
	t.teardown(() => client.shutdown());
	return client;
};

/** A store with a client of its own. */
export const openStore = (t: ExecutionContext, url: string): MemcachedStore => {
	const store = new MemcachedStore(url);
	t.teardown(() => store.close());
	return store;
};

/** What a server answers to a command as it stands here. */
export const say = async (url: string, command: string | Buffer): Promise<string> => {
	const {hostname, port} = new URL(url);
	const socket = dial(Number(port), hostname);
	try {
		socket.write(command);
		socket.write('\r\n');
		const [answer] = await once(socket, 'data');
		return String(answer);
	} finally {
		socket.destroy();
	}
};

/** How often a server was asked for what, by the names of its statistics. */
export const stats = async (client: MemcacheClient): Promise<ReadonlyMap<string, number>> => {
	const {STAT} = await client.cmd<{STAT: string[][]}>('stats');
	return new Map(STAT.map(([name = '', value]) => [name, Number(value)]));
};
