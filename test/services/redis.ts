import {execFile} from 'node:child_process';
import {setTimeout as delay} from 'node:timers/promises';
import {promisify} from 'node:util';
import {find, findOrInstall} from './install.ts';
import {systemPrograms} from './needs.ts';
import {freePort, type Program, type Server, type Settings, startServer} from './server.ts';

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

const findServer = () => findOrInstall(systemPrograms.redis);

/**
A private Redis, to be killed, paused and filled up.

Settings are Redis's own: `{appendonly: 'yes', appendfsync: 'always'}`, `{maxmemory: '3mb', 'maxmemory-policy': 'noeviction'}`.
*/
export const startRedis = async (settings?: Settings): Promise<Server> => {
	const command = findServer();
	if (!command) throw new Error(missing);
	return startServer(program(command), settings);
};

/** A Valkey for one test. */
export const startValkey = async (settings?: Settings): Promise<Server> => {
	const command = findOrInstall(systemPrograms.valkey);
	if (command) return startServer(program(command), settings);
	throw new Error('Expected valkey-server on the PATH. Install it (Debian: apt-get install valkey-server)');
};

/** A Redis that many tests share: the one at `REDIS_URL`, if that is set. */
export const sharedRedis = async (): Promise<Pick<Server, 'url' | 'stop'>> => {
	const url = process.env['REDIS_URL'];
	if (url) return {url, stop: async () => {}};
	if (findServer()) return startRedis();
	throw new Error(`${missing}, or set REDIS_URL to a server that the tests may use`);
};

/** How far above its own port a node of a cluster listens for the other nodes. */
const busDistance = 10_000;

/** A Redis Cluster of three masters, each with a number of replicas. */
export const startRedisCluster = async ({replicas = 0}: {readonly replicas?: number} = {}) => {
	const command = findServer();
	const client = find(['redis-cli', 'valkey-cli']);
	if (!command || !client) throw new Error(missing);

	const settings = {'cluster-enabled': 'yes', 'cluster-node-timeout': '2000', 'cluster-announce-ip': '127.0.0.1'};
	const start = async () => startServer(program(command), settings, {port: await freePort(busDistance)});
	const nodes = await startAll(Array.from({length: 3 * (1 + replicas)}, () => start));
	const stop = async () => void (await Promise.all(nodes.map(node => node.stop())));

	try {
		const addresses = nodes.map(({port}) => `127.0.0.1:${port}`);
		await run(client, ['--cluster', 'create', ...addresses, '--cluster-replicas', `${replicas}`, '--cluster-yes']);
		for (const {port} of nodes) await until(client, port, ['cluster', 'info'], 'cluster_state:ok');
		for (const {port} of nodes) {
			if ((await ask(client, port, ['role'])).startsWith('slave')) await untilReplicates(client, port);
		}
	} catch (error) {
		await stop();
		throw error;
	}

	return {nodes, ports: nodes.map(({port}) => port), stop};
};

/** A master, `mymaster`, with a replica, and a sentinel that replaces a master that is gone for a second. */
export const startRedisSentinel = async () => {
	const command = findServer();
	const client = find(['redis-cli', 'valkey-cli']);
	if (!command || !client) throw new Error(missing);

	const master = await startRedis();
	const replica = await startRedis({replicaof: ['127.0.0.1', String(master.port)]});
	const sentinel = await startServer(sentinelProgram(command, master.port));
	const stop = async () => void (await Promise.all([sentinel, replica, master].map(server => server.stop())));

	try {
		await untilReplicates(client, replica.port);
		await until(client, sentinel.port, ['sentinel', 'replicas', 'mymaster'], String(replica.port));
	} catch (error) {
		await stop();
		throw error;
	}

	return {master, replica, sentinel, stop};
};

/** A sentinel keeps what it knows in its file of settings. */
const sentinelProgram = (command: string, masterPort: number): Program => ({
	command: 'sh',
	protocol: 'redis',
	args: port => [
		'-c',
		`printf '%s\\n' "$@" > sentinel.conf; exec ${command} sentinel.conf --sentinel`,
		'sentinel',
		...[`port ${port}`, 'bind 127.0.0.1', 'dir .'],
		`sentinel monitor mymaster 127.0.0.1 ${masterPort} 1`,
		...['sentinel down-after-milliseconds mymaster 1000', 'sentinel failover-timeout mymaster 5000'],
	],
	ping: ['PING\r\n', '+PONG'],
});

const startAll = async (starts: ReadonlyArray<() => Promise<Server>>): Promise<Server[]> => {
	const servers: Server[] = [];
	for (const start of starts) servers.push(await start());
	return servers;
};

const ask = async (client: string, port: number, command: readonly string[]): Promise<string> =>
	(await run(client, ['-p', String(port), ...command])).stdout;

const until = async (client: string, port: number, command: readonly string[], expected: string): Promise<void> => {
	const latest = Date.now() + 30_000;
	while (!(await ask(client, port, command)).includes(expected)) {
		if (Date.now() > latest) throw new Error(`Expected \`${command.join(' ')}\` to tell ${expected} within 30 s`);
		await delay(20);
	}
};

const untilReplicates = (client: string, port: number): Promise<void> =>
	until(client, port, ['info', 'replication'], 'master_link_status:up');
