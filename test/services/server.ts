import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {closeSync, mkdtempSync, openSync, readFileSync} from 'node:fs';
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
	readonly args: (port: number, settings: Settings) => readonly string[];
	/** What to send to a server that is ready, and how its answer begins. */
	readonly ping: readonly [request: string | Uint8Array, answer: string];
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

	const launch = async (settings: Settings): Promise<ChildProcess> => {
		const log = openSync(join(directory, 'log'), 'a');
		const child = spawn(program.command, program.args(port, settings), {
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
		child.kill('SIGCONT');
		await ended;
	};

	return {
		url: `${program.protocol}://127.0.0.1:${port}`,
		port,
		get pid() {
			return child.pid ?? 0;
		},
		async stop() {
			await end('SIGTERM');
			guard.end();
		},
		kill: () => end('SIGKILL'),
		pause: () => void child.kill('SIGSTOP'),
		resume: () => void child.kill('SIGCONT'),
		async restart(settings = latestSettings) {
			await end('SIGTERM');
			latestSettings = settings;
			child = await launch(settings);
		},
	};
};

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

/**
A shell that ends the server and removes its folder as soon as our end of a pipe closes.

That happens however we end, SIGKILL and a terminated worker thread included, where no handler of ours would run.
*/
const startGuard = (directory: string) => {
	const script = 'while read -r line; do pid=$line; done; [ -z "$pid" ] || kill -9 "$pid"; rm -rf "$1"';
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
		return String(chunk).startsWith(answer);
	} catch {
		return false;
	} finally {
		socket.destroy();
	}
};

/** A loopback port that nobody listens on now. */
export const freePort = async (wanted = 0): Promise<number> => {
	const server = createServer().listen(wanted, '127.0.0.1');
	await once(server, 'listening');
	const address = server.address();
	server.close();
	await once(server, 'close');
	return typeof address === 'object' && address ? address.port : wanted;
};
