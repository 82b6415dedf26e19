import {SessionError} from '../../errors.ts';
import {findMasters} from './cluster-masters.ts';
import type {Argument, RedisCommands, RedisServer} from './commands.ts';
import {watchFaults} from './connection-faults.ts';
import {Losses} from './losses.ts';

type Command = (string | Buffer)[];

/** How a reply is to be decoded: here, the kind of text that values are, as `Buffer`s. */
type Decoding = {typeMapping: {36: BufferConstructor}};

type Emitter = {on(event: string, listener: (fault: Error) => void): unknown};

type Common = Emitter & {
	readonly isOpen: boolean;
	eval(lua: string, options: {keys: string[]}): Promise<unknown>;
};

type Server = {
	readonly isReady?: boolean;
	sendCommand(args: Command, options: Decoding): Promise<unknown>;
};

type Sentinel = {
	getMasterNode(): unknown;
	sendCommand(isReadonly: boolean, args: Command, options: Decoding): Promise<unknown>;

	/** Runs a command on a master, and again on the next one if that is lost: within `sendCommand()` nobody would see it. */
	_execute?(isReadonly: boolean, run: (server: Server & Emitter) => Promise<unknown>): Promise<unknown>;
};

type Master = {readonly address: string; readonly client?: Server | undefined};

type Cluster = {
	readonly masters: readonly Master[];
	nodeClient(master: Master): (Server & Emitter) | Promise<Server & Emitter>;
	sendCommand(firstKey: Buffer, isReadonly: boolean, args: Command, options: Decoding): Promise<unknown>;

	/** Asks which servers the cluster has. The client does so too, once a command was refused. */
	readonly _slots?: {rediscover(server: never): Promise<unknown>};
};

type Pool = Server & {readonly totalClients: number};

/**
What `RedisStore` needs of a client of node-redis, the package `redis`. What `createClient()`, `createClientPool()`,
`createCluster()` and `createSentinel()` of its versions 5 and 6 make fits.

It must be connected: `await client.connect()`.
*/
export type NodeRedisClient = Common & (Server | Pool | Sentinel | Cluster);

/**
Commands are sent raw: that way the reply's form, and that a master gives it, don't depend on the client's options. The key
prefix, which the client would add otherwise, is found out by the first command.
*/
export const nodeRedisCommands = (client: NodeRedisClient): RedisCommands => {
	let resent = 0;
	const breaks = breaksOf(client);
	const send = senderOf(client, () => resent++);
	let prefix: Promise<string> | undefined;
	const findPrefix = (key: string): Promise<string> => {
		prefix ??= askForPrefix(client, key).catch(error => {
			prefix = undefined;
			throw error;
		});
		return prefix;
	};
	let known: string | undefined;
	const about = async (key: string, command: (key: string) => Command): Promise<unknown> => {
		known ??= await findPrefix(key);
		const full = known + key;
		try {
			return await send(full, command(full));
		} catch (error) {
			// Nobody knows whether it ran. Each command may run twice, and the client then waits for a new connection.
			if (!isLostConnection(error)) throw error;
			resent++;
			return send(full, command(full));
		}
	};
	return {
		get: key => about(key, full => ['GET', full]),
		evalsha: (sha1, key, args) => about(key, full => ['EVALSHA', sha1, '1', full, ...args.map(toText)]),
		eval: (lua, key, args) => about(key, full => ['EVAL', lua, '1', full, ...args.map(toText)]),
		masters: () => mastersOf(client),
		prefix: findPrefix,
		losses: () => resent,
		breaks: () => breaks.count + resent,
		inOrder: !('masters' in client || 'totalClients' in client),
		async ready() {
			if (!client.isOpen) throw notConnected();
		},
	};
};

const asBuffers: Decoding = {typeMapping: {36: Buffer}};

/** @param onLoss Called for each connection that is lost while the client itself sends a command again. */
const senderOf = (
	client: NodeRedisClient,
	onLoss = () => {},
): ((key: string, command: Command) => Promise<unknown>) => {
	if ('masters' in client) {
		// As octets: for a text that isn't well-formed, the client would compute another slot than the server does.
		return (key, command) => client.sendCommand(Buffer.from(key), false, command, asBuffers);
	}
	if ('getMasterNode' in client) {
		const breaks = breaksOf(client);
		const faults = watchFaults(client);
		const run = (server: Server & Emitter, command: Command) => {
			breaks.watch(server, ['reconnecting']);
			faults.watch(server);
			return server.sendCommand(command, asBuffers).catch(error => {
				// Then the client sends the command again.
				if (isLostConnection(error) || server.isReady === false) onLoss();
				throw error;
			});
		};
		return (_, command) =>
			client._execute?.(false, server => run(server, command)) ?? client.sendCommand(false, command, asBuffers);
	}
	return (_, command) => client.sendCommand(command, asBuffers);
};

const mastersOf = async (client: NodeRedisClient): Promise<readonly RedisServer[]> => {
	if (!('masters' in client)) {
		const breaks = breaksOf(client);
		const send = senderOf(client, () => breaks.count++);
		return [{call: (...command) => send('', command), breaks: () => breaks.count}];
	}
	const anyServer = async (): Promise<Server> => {
		const {masters} = client;
		const master = masters.find(({client}) => client?.isReady) ?? masters[0];
		if (!master) throw new SessionError('ERR_SESSION_STORE', 'The client knows no master of the cluster');
		return client.nodeClient(master);
	};
	const masters = await findMasters({
		ask: async () => (await anyServer()).sendCommand(['CLUSTER', 'SLOTS'], asBuffers),
		find: address => client.masters.find(master => master.address === address),
		refresh: async () => client._slots?.rediscover((await anyServer()) as never),
	});
	const nodes = await Promise.all(masters.map(master => client.nodeClient(master)));
	return nodes.map(node => {
		const breaks = Losses.of(node, losses => losses.watch(node, ['reconnecting']));
		return {call: (...command) => node.sendCommand(command, asBuffers), breaks: () => breaks.count};
	});
};

/** Counts what may lead the next commands to another server than those before. Sentinels' client doesn't report all of it. */
const breaksOf = (client: NodeRedisClient): Losses =>
	Losses.of(client, losses => {
		// A pool reports a loss as an error only. Others have other errors too.
		if ('totalClients' in client) losses.watch(client, ['error']);
		else losses.watch(client, ['reconnecting', 'node-reconnecting', 'node-disconnect', 'topology-change']);
	});

/** The client's methods add its prefix to each key that they name, so a script sees it. */
const askForPrefix = async (client: NodeRedisClient, key: string): Promise<string> => {
	const full = String(await client.eval('return KEYS[1]', {keys: [key]}));
	if (!full.endsWith(key))
		throw new SessionError('ERR_SESSION_STORE', 'Expected the client to change keys only by a prefix');
	return full.slice(0, full.length - key.length);
};

const isLostConnection = (error: unknown): boolean =>
	error instanceof Error &&
	(lost.test(error.message) || ('code' in error && ['ECONNRESET', 'EPIPE', 'ETIMEDOUT'].includes(String(error.code))));

const lost = /^(?:Socket closed unexpectedly|Disconnects client|Socket timeout)/;

const toText = (argument: Argument): string | Buffer => (typeof argument === 'number' ? String(argument) : argument);

const notConnected = (): SessionError =>
	new SessionError(
		'ERR_SESSION_STORE',
		'The client of `redis` that `RedisStore` got is not connected. Connect it before the first request: `await client.connect()`',
	);
