import type {DynamoDBClient} from '@aws-sdk/client-dynamodb';
import {SessionError} from '../../errors.ts';
import {byName, checkInstalled, notLoaded} from '../shared/client-library.ts';
import {ownClient} from '../shared/own-client.ts';
import type {DynamoClient} from './client.ts';
import {isUndecided, withoutData} from './errors.ts';
import type {DynamoAddress} from './url.ts';

/** Sends a command. Resolves with its output or rejects within `deadline` milliseconds. */
export type Ask = <Command extends object>(
	makeCommand: MakeCommand<Command>,
	deadline?: number,
) => Promise<OutputOf<Command>>;

/** How a store talks to DynamoDB. */
export type DynamoConnection = {
	readonly ask: Ask;

	/** Lends `ask` for an operation that may send several commands. `close()` waits for all of it. */
	use<Result>(work: (ask: Ask) => Promise<Result>): Promise<Result>;
	close(): Promise<void>;
};

/** Makes a command with the library, which is loaded at first use. */
export type MakeCommand<Command> = (library: Library) => Command;

type Library = typeof import('@aws-sdk/client-dynamodb');
type OutputOf<Command> = Command extends {
	resolveMiddleware(...args: never): (...args: never) => Promise<{output: infer Output}>;
}
	? Output
	: never;

/** How long a command may take with all retries, in milliseconds. `storeTimeout` usually passes first. */
const usualDeadline = 5000;

/** The application's client, which the application closes. */
export const borrow = (client: DynamoClient): DynamoConnection => {
	if (typeof client?.send !== 'function')
		throw new TypeError('Expected a `DynamoDBClient` of `@aws-sdk/client-dynamodb` 3, or a URL');
	const ask: Ask = (makeCommand, deadline) => send(client, makeCommand, deadline);
	return {ask, use: work => work(ask), close: async () => {}};
};

/** A client for an address, opened by the first command. */
export const connectTo = (address: DynamoAddress): DynamoConnection => {
	const own = ownClient(
		() => open(address),
		client => client.destroy(),
	);
	const use: DynamoConnection['use'] = work =>
		own.use(client => work((makeCommand, deadline = address.commandTimeout) => send(client, makeCommand, deadline)));
	return {ask: (makeCommand, deadline) => use(ask => ask(makeCommand, deadline)), use, close: own.close};
};

/** Once it is loaded, since every command needs it. */
let library: Library | undefined;

/** In a `try`, so that bundlers pass over it where it isn't installed. */
const loadLibrary = async (): Promise<Library> => {
	if (library) return library;
	checkInstalled('@aws-sdk/client-dynamodb');
	try {
		library = byName(await import('@aws-sdk/client-dynamodb'), 'DynamoDBClient');
		return library;
	} catch (cause) {
		throw notLoaded('@aws-sdk/client-dynamodb', cause);
	}
};

/** Opens a client with a time limit for connecting, which it doesn't have by default. */
const open = async ({region, endpoint, connectTimeout = 1000, pool}: DynamoAddress): Promise<DynamoDBClient> => {
	const {DynamoDBClient} = await loadLibrary();
	return new DynamoDBClient({
		...(region !== undefined && {region}),
		...(endpoint !== undefined && {endpoint}),
		// Leaves time for a second try before patience ends. No time-out for replies: a slow server would only get slower
		// by being asked again.
		requestHandler: {
			connectionTimeout: connectTimeout,
			...(pool !== undefined && {httpAgent: {maxSockets: pool}, httpsAgent: {maxSockets: pool}}),
		},
	});
};

const send = async <Command extends object>(
	client: DynamoClient,
	makeCommand: MakeCommand<Command>,
	deadline = usualDeadline,
) => {
	const command = makeCommand(await loadLibrary());
	return inTime(deadline, async (abortSignal, noteFault) => {
		watchTries(command, noteFault);
		return (await client.send(command, {abortSignal})) as OutputOf<Command>;
	});
};

/** What a command of the library has besides its types. */
type Watchable = {readonly middlewareStack?: Pick<DynamoDBClient['middlewareStack'], 'add'>};

/** The client tries again what failed, and says why only when it gives up. */
const watchTries = (command: Watchable, noteFault: (fault: unknown) => void): void => {
	command.middlewareStack?.add(
		next => async parameters => {
			try {
				return await next(parameters);
			} catch (error) {
				noteFault(error);
				throw error;
			}
		},
		// After the step that tries again.
		{step: 'finalizeRequest', priority: 'low', name: 'noteFaultsOfTries'},
	);
};

/** Which part of its time a command may go on after a fault: the reason then comes before `storeTimeout` has passed. */
const patience = 0.3;

const inTime = async <Output>(
	deadline: number,
	work: (abortSignal: AbortSignal, noteFault: (fault: unknown) => void) => Promise<Output>,
): Promise<Output> => {
	const controller = new AbortController();
	let [lastFault, lost, isPatient]: [unknown, unknown, boolean] = [undefined, undefined, true];
	let giveUp = (): void => {};
	// The signal alone isn't enough: the client ignores it while it waits for credentials.
	const late = new Promise<never>((_, reject) => {
		giveUp = () => {
			reject(lastFault ?? silent(deadline));
			controller.abort();
		};
	});
	const endPatience = (): void => {
		isPatient = false;
		if (lastFault) giveUp();
	};
	const noteFault = (fault: unknown): void => {
		lastFault = fault;
		if (isUndecided(fault)) lost = fault;
		if (!isPatient) giveUp();
	};
	// One turn later: in a process that was busy, the answer may have come in the meantime.
	const after = (time: number, act: () => void) => setTimeout(() => setImmediate(act), time).unref();
	const timers = [after(deadline, giveUp), after(patience * deadline, endPatience)];
	try {
		return await Promise.race([work(controller.signal, noteFault), late]);
	} catch (error) {
		throw withoutData(error, lost);
	} finally {
		for (const timer of timers) clearTimeout(timer);
	}
};

const silent = (deadline: number): SessionError =>
	new SessionError(
		'ERR_SESSION_STORE_TIMEOUT',
		`DynamoDB didn't answer within ${deadline} ms. Check its address, and what gives the client its credentials`,
	);
