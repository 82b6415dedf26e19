import {execFile} from 'node:child_process';
import {randomInt} from 'node:crypto';
import {setTimeout as delay} from 'node:timers/promises';
import {promisify} from 'node:util';
import {find, findOrInstall} from './install.ts';
import {freePort, type Server, type Settings, startServer} from './server.ts';

const run = promisify(execFile);

const missing =
	'Expected redis-server or valkey-server on the PATH. Install one of them (Debian: apt-get install redis-server)';

const program = (command: string) => ({
	command,
	protocol: 'redis',
	args: (port: number, settings: Settings) =>
		Object.entries({
			port: String(port),
			bind: '127.0.0.1',
			dir: '.',
			save: '',
			appendonly: 'no',
			...settings,
		}).flatMap(([name, value]) => [`--${name}`, ...[value].flat()]),
	ping: ['PING\r\n', '+PONG'] as const,
});

const findServer = () => findOrInstall(['redis-server', 'valkey-server'], 'redis-server');

/**
A Redis of one's own, to be killed, paused and filled up.

Settings are Redis's own: `{appendonly: 'yes', appendfsync: 'always'}`, `{maxmemory: '3mb', 'maxmemory-policy': 'noeviction'}`.
*/
export const startRedis = async (settings?: Settings): Promise<Server> => {
	const command = findServer();
	if (!command) throw new Error(missing);
	return startServer(program(command), settings);
};

/** A Redis that many tests share. Without a server of our own it is the one at `REDIS_URL`. */
export const sharedRedis = async (): Promise<Pick<Server, 'url' | 'stop'>> => {
	const url = process.env['REDIS_URL'];
	if (findServer()) return startRedis();
	if (url) return {url, stop: async () => {}};
	throw new Error(`${missing}, or set REDIS_URL to a server that the tests may use`);
};

/** A Redis Cluster of three masters. */
export const startRedisCluster = async () => {
	const command = findServer();
	const client = find(['redis-cli', 'valkey-cli']);
	if (!command || !client) throw new Error(missing);

	const settings = {'cluster-enabled': 'yes', 'cluster-node-timeout': '2000', 'cluster-announce-ip': '127.0.0.1'};
	const start = async () => startServer(program(command), settings, {port: await freeClusterPort()});
	const nodes = [await start(), await start(), await start()];
	const stop = async () => void (await Promise.all(nodes.map(node => node.stop())));

	try {
		const addresses = nodes.map(({port}) => `127.0.0.1:${port}`);
		await run(client, ['--cluster', 'create', ...addresses, '--cluster-replicas', '0', '--cluster-yes']);
		for (const {port} of nodes) {
			const latest = Date.now() + 30_000;
			while (!(await run(client, ['-p', String(port), 'cluster', 'info'])).stdout.includes('cluster_state:ok')) {
				if (Date.now() > latest) throw new Error('Expected the cluster to form within 30 s');
				await delay(20);
			}
		}
	} catch (error) {
		await stop();
		throw error;
	}

	return {ports: nodes.map(({port}) => port), stop};
};

/** A port whose bus port, 10,000 above, is free too. Below the range that the system hands out by itself. */
const freeClusterPort = async (): Promise<number> => {
	for (;;) {
		const port = randomInt(12_000, 22_000);
		try {
			await freePort(port + 10_000);
			return await freePort(port);
		} catch {
			// Taken: draw another.
		}
	}
};
