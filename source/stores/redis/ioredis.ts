import {setTimeout} from 'node:timers/promises';
import {findMasters} from './cluster-masters.ts';
import type {RedisCommands} from './commands.ts';
import {Losses} from './losses.ts';

type Address = {readonly host?: string | undefined; readonly port?: number | undefined};

type NatMap = Readonly<Record<string, Address>> | ((address: string) => Address | null);

type Arguments = (string | number | Buffer)[];

/**
What `RedisStore` needs of a client of ioredis. `Redis` and `Cluster` of ioredis 5.3 and newer fit.

Each call uses one key, so a cluster or a proxy needs nothing more.
*/
export interface IoRedisClient {
	getBuffer(key: string): Promise<Buffer | null>;

	/** Required like the others, but missing in the types of ioredis. */
	evalshaBuffer?(sha1: string, numberOfKeys: number, ...keysAndArguments: Arguments): Promise<unknown>;
	evalBuffer?(lua: string, numberOfKeys: number, ...keysAndArguments: Arguments): Promise<unknown>;

	/** For `keys()`: runs a command unchanged. */
	call(command: string, ...args: string[]): Promise<unknown>;

	/** For a cluster: the servers that the client has connections to. */
	nodes?(role?: 'master'): IoRedisClient[];

	/** For a cluster: asks which servers it has. */
	refreshSlotsCache?(callback: (error?: unknown) => void): void;

	/** For a cluster: ends all connections. */
	disconnect?(reconnect?: boolean): void;

	/** For a cluster: `ready`, unless it has no server left, or is being closed. */
	readonly status?: string;

	/** For a database other than 0. */
	select?(database: number): Promise<unknown>;

	/** Tells of connections that were lost: `close`. And of those that a cluster's client makes, and drops: `+node`, `-node`. */
	on(event: string, listener: (node: IoRedisClient) => void): unknown;

	readonly options?: {
		readonly db?: number | undefined;

		/** What the client puts before each key. */
		readonly keyPrefix?: string | undefined;

		/** Where a cluster's client reads. */
		readonly scaleReads?: unknown;

		/** How a cluster's client reaches a server that calls itself `host:port`. */
		readonly natMap?: NatMap | undefined;

		/** Where a server of a cluster is. */
		readonly host?: string | undefined;
		readonly port?: number | undefined;
	};
}

/** A client whose methods have been checked. */
export type CheckedIoRedisClient = IoRedisClient & Required<Pick<IoRedisClient, 'evalshaBuffer' | 'evalBuffer'>>;

/** Methods that give texts as `Buffer`s do so whatever the client's options are. */
export const ioredisCommands = (client: CheckedIoRedisClient): RedisCommands => {
	const select = selecting(client);
	const losses = lossesOf(client);
	const send = client.nodes ? sendToMaster(client) : attempt;
	return {
		...(readsFromMaster(client) && {get: key => attempt(() => client.getBuffer(key))}),
		evalsha: (sha1, key, args) => send(() => client.evalshaBuffer(sha1, 1, key, ...args)),
		eval: (lua, key, args) => send(() => client.evalBuffer(lua, 1, key, ...args)),
		masters: async key =>
			(await mastersOf(client, key)).map(node => ({
				call: (...command) => node.call(...command),
				breaks: () => lossesOf(node).count,
			})),
		prefix: async () => client.options?.keyPrefix ?? '',
		losses: () => losses.count,
		breaks: () => losses.count,
		inOrder: !client.nodes,
		...(select && {ready: select}),
	};
};

/** Rejects where a client throws: a cluster's does with automatic pipelining, for a slot that no node serves. */
const attempt = <Reply>(send: () => Promise<Reply>): Promise<Reply> => {
	try {
		return send();
	} catch (error) {
		return Promise.reject(error);
	}
};

/**
Sends a script again that a replica refused to write.

A cluster's client that has lost its connections to all masters asks replicas, until it asks the cluster again.
*/
const sendToMaster =
	(client: IoRedisClient) =>
	<Reply>(send: () => Promise<Reply>): Promise<Reply> =>
		attempt(send).catch(async error => {
			if (!(error instanceof Error && /\bREADONLY\b/.test(error.message))) throw error;
			await refresh(client);
			// Some clients don't wait for a refresh that is under way.
			await setTimeout(pause);
			return send();
		});

/** How long such a refresh may take, in milliseconds. */
const pause = 50;

/**
Has a cluster's client ask the cluster which servers it has. What goes wrong, the next command finds too.

Older clients that begin to connect during a refresh rely on it, and would wait forever if it fails. So they begin again.
*/
const refresh = (client: IoRedisClient): Promise<void> =>
	new Promise(resolve => {
		if (!client.refreshSlotsCache) return resolve();
		client.refreshSlotsCache(error => {
			if (error && client.status === 'connecting') client.disconnect?.(true);
			resolve();
		});
	});

const readsFromMaster = ({options}: IoRedisClient): boolean => (options?.scaleReads ?? 'master') === 'master';

/** A cluster's client has a client for each server, which may connect and send again on its own. */
const lossesOf = (client: IoRedisClient): Losses =>
	Losses.of(client, losses => {
		for (const each of [client, ...(client.nodes?.() ?? [])]) losses.watch(each, ['close']);
		client.on('+node', node => losses.watch(node, ['close']));
		// The library would ask only after a command went wrong. In a cluster of one master, none does: its replica answers.
		client.on('-node', () => client.status === 'ready' && refresh(client));
	});

const mastersOf = async (client: CheckedIoRedisClient, key: string): Promise<readonly IoRedisClient[]> => {
	if (!client.nodes) return [client];

	// Waits until the client knows the cluster. What goes wrong goes wrong below too. A script never asks a replica.
	await attempt(() => client.evalBuffer("return ''", 1, key)).catch(() => {});
	const {natMap} = client.options ?? {};
	const find = (address: string): IoRedisClient | undefined => {
		const mapped = typeof natMap === 'function' ? natMap(address) : natMap?.[address];
		const known = mapped ? addressOf(mapped) : address;
		return client.nodes?.('master').find(({options = {}}) => addressOf(options) === known);
	};
	return findMasters({ask: () => client.call('cluster', 'SLOTS'), find, refresh: () => refresh(client)});
};

const addressOf = ({host, port}: Address): string => `${host}:${port}`;

type Select = () => Promise<unknown>;

/** One for each client, however many stores use it. */
const selects = new WeakMap<IoRedisClient, Select>();

/** Selects the database on each new connection: the library tries so too, but if it fails it goes on in database 0. */
const selecting = (client: IoRedisClient): Select | undefined => {
	const {db} = client.options ?? {};
	if (!db) return undefined;

	const select = selects.get(client) ?? toSelect(client, db);
	selects.set(client, select);
	return select;
};

const toSelect = (client: IoRedisClient, db: number): Select => {
	let selected: Promise<unknown> | undefined;
	const forget = (): void => {
		selected = undefined;
	};
	client.on('close', forget);
	return async () => {
		selected ??= client.select?.(db);
		try {
			await selected;
		} catch (error) {
			forget();
			throw error;
		}
	};
};
