import {type ChildProcess, spawn, spawnSync} from 'node:child_process';
import {randomInt} from 'node:crypto';
import {once} from 'node:events';
import {chownSync, closeSync, mkdtempSync, openSync, readFileSync} from 'node:fs';
import {connect, createServer, Socket} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';

/** Directives of the server's own configuration, by their own names. */
export type Settings = Readonly<Record<string, string | readonly string[]>>;

/** How to run one kind of server. */
export type Program = {
	readonly command: string;
	readonly protocol: string;
	readonly args: (port: number, settings: Settings, directory: string) => readonly string[];
	/** What to send to a server that is ready, and how its answer begins. */
	readonly ping: readonly [request: string | Uint8Array, answer: string | RegExp];

	/** Makes what the server finds in its folder when it first starts. */
	readonly prepare?: (directory: string) => Promise<void>;

	/** Who runs it, if it refuses to be run by root. */
	readonly runAs?: {readonly uid: number; readonly gid: number};

	/** The user and the database of the URL. */
	readonly login?: string;
	readonly database?: string;

	/** What ends it in good order, and what at once, with every process that it started. */
	readonly signals?: {readonly stop: NodeJS.Signals; readonly kill: NodeJS.Signals};
};

/** A real server on a loopback port and in a folder of its own. It ends with the process that started it. */
export type Server = {
	readonly url: string;
	readonly port: number;
	readonly pid: number;

	/** Ends it in good order, for good; its folder goes too. */
	stop(): Promise<void>;

	/** Ends it as a power failure would. `restart()` brings it back. */
	kill(): Promise<void>;

	/** Lets it hang: connections are accepted by the system, nothing is answered. */
	pause(): void;
	resume(): void;

	/** Starts it again on the same port and folder, with other settings if given; ends it first if it runs. */
	restart(settings?: Settings): Promise<void>;
};

/** Starts a server and waits until it answers. */
export const startServer = async (
	program: Program,
	settings: Settings = {},
	options: {readonly port?: number} = {},
): Promise<Server> => {
	const port = options.port ?? (await freePort());
	const directory = mkdtempSync(join(tmpdir(), 'koa-server-session-'));
	const guard = startGuard(directory);
	const {runAs = {}, login, database, signals = {stop: 'SIGTERM', kill: 'SIGKILL'}} = program;
	if (program.runAs) chownSync(directory, program.runAs.uid, program.runAs.gid);
	await program.prepare?.(directory);

	const launch = async (settings: Settings): Promise<ChildProcess> => {
		const log = openSync(join(directory, 'log'), 'a');
		const child = spawn(program.command, program.args(port, settings, directory), {
			...runAs,
			cwd: directory,
			stdio: ['ignore', log, log],
		});
		closeSync(log);
		child.unref();
		guard.watch(child.pid);
		await untilReady(child, program, port, directory);
		return child;
	};

	let latestSettings = settings;
	let child = await launch(settings);
	const end = async (signal: NodeJS.Signals): Promise<void> => {
		if (hasEnded(child)) return;
		const ended = once(child, 'exit');
		child.ref();
		child.kill(signal);
		// A paused process takes any other signal only once it goes on.
		resume();
		const impatience = setTimeout(() => child.kill('SIGKILL'), 30_000);
		await ended;
		clearTimeout(impatience);
	};

	/** Also to the processes that it started, as PostgreSQL does for each connection. It first, so that it starts no more. */
	const signalAll = (signal: 'SIGSTOP' | 'SIGCONT'): void => {
		child.kill(signal);
		spawnSync('pkill', [`-${signal.slice(3)}`, '-P', String(child.pid)]);
	};
	const resume = (): void => signalAll('SIGCONT');

	return {
		url: `${program.protocol}://${login ? `${login}@` : ''}127.0.0.1:${port}${database ? `/${database}` : ''}`,
		port,
		get pid() {
			return child.pid ?? 0;
		},
		async stop() {
			await end(signals.stop);
			guard.end();
		},
		kill: () => end(signals.kill),
		pause: () => signalAll('SIGSTOP'),
		resume,
		async restart(settings = latestSettings) {
			await end(signals.stop);
			latestSettings = settings;
			child = await launch(settings);
		},
	};
};

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

/**
A shell that ends the server and removes its folder as soon as our end of a pipe closes.

That happens however we end, SIGKILL and a terminated worker thread included, where no handler would run.
*/
const startGuard = (directory: string) => {
	const script =
		'while read -r line; do pid=$line; done; [ -z "$pid" ] || { pkill -9 -P "$pid"; kill -9 "$pid"; }; rm -rf "$1"';
	const guard = spawn('sh', ['-c', script, 'guard', directory], {stdio: ['pipe', 'ignore', 'ignore'], detached: true});
	guard.unref();
	if (guard.stdin instanceof Socket) guard.stdin.unref();

	return {
		watch: (pid = 0) => void guard.stdin.write(`${pid || ''}\n`),
		// The server has ended by now, and its pid may be somebody else's.
		end: () => void guard.stdin.end('\n'),
	};
};

const untilReady = async (child: ChildProcess, program: Program, port: number, directory: string): Promise<void> => {
	const latest = Date.now() + 30_000;
	while (!(await answers(port, program.ping))) {
		if (hasEnded(child) || Date.now() > latest) {
			child.kill('SIGKILL');
			throw new Error(`Expected ${program.command} to start:\n${readFileSync(join(directory, 'log'), 'utf8')}`);
		}
		await delay(10);
	}
};

const answers = async (port: number, [request, answer]: Program['ping']): Promise<boolean> => {
	const socket = connect(port, '127.0.0.1');
	try {
		socket.write(request);
		const [chunk] = await once(socket, 'data', {signal: AbortSignal.timeout(1000)});
		return typeof answer === 'string' ? String(chunk).startsWith(answer) : answer.test(String(chunk));
	} catch {
		return false;
	} finally {
		socket.destroy();
	}
};

/**
Draws a loopback port on which nobody listens.

Ports that the system chooses are higher. One of those could go to another test before this one is used.

@param distance The port this far above is free too.
*/
export const freePort = async (distance = 0): Promise<number> => {
	for (;;) {
		const port = randomInt(12_000, 32_768 - distance);
		if ((await isFree(port)) && (await isFree(port + distance))) return port;
	}
};

const isFree = async (port: number): Promise<boolean> => {
	const server = createServer().listen(port, '127.0.0.1');
	try {
		await once(server, 'listening');
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return false;
		throw error;
	}
	server.close();
	await once(server, 'close');
	return true;
};
