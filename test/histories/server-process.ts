import {type ChildProcess, fork} from 'node:child_process';
import {once} from 'node:events';
import {fileURLToPath} from 'node:url';

/** A process that runs the application on any number of stores, and can be stopped, killed and started again. */
export class ServerProcess {
	readonly #skew: number;
	readonly #storeTimeout: number;
	readonly #ports = new Map<string, number>();
	#child: ChildProcess;
	#fault: Error | undefined;
	readonly #fail = (code: unknown) => {
		this.#fault = endedWith(code);
	};

	/** @param skew By how many milliseconds its clock is wrong. */
	constructor(skew: number, {storeTimeout = 1000} = {}) {
		this.#skew = skew;
		this.#storeTimeout = storeTimeout;
		this.#child = this.#start();
	}

	/** The port of the application on a store. Started at the first call, and again after the process was killed. */
	async port(url: string): Promise<number> {
		const known = this.#ports.get(url);
		if (known !== undefined) return known;

		const ended = new AbortController();
		const end = (code: unknown) => ended.abort(endedWith(code));
		this.#child.once('exit', end);
		this.#child.send(url);
		const [port] = await once(this.#child, 'message', {signal: ended.signal});
		this.#child.off('exit', end);
		this.#ports.set(url, Number(port));
		return Number(port);
	}

	/** Stands still for some milliseconds, wherever it is. */
	pause(duration: number): void {
		const child = this.#child;
		child.kill('SIGSTOP');
		setTimeout(() => child.kill('SIGCONT'), duration);
	}

	/** Dies wherever it is, and begins once more. */
	restart(): void {
		this.end();
		this.#ports.clear();
		this.#child = this.#start();
	}

	end(): void {
		this.#child.off('exit', this.#fail);
		this.#child.kill('SIGKILL');
	}

	/** @throws Error If it ended otherwise than by `restart()` or `end()`. Why, it has printed itself. */
	check(): void {
		if (this.#fault) throw this.#fault;
	}

	#start(): ChildProcess {
		const env = {...process.env, CLOCK_SKEW: String(this.#skew), STORE_TIMEOUT: String(this.#storeTimeout)};
		const child = fork(fileURLToPath(new URL('server.ts', import.meta.url)), {env});
		return child.once('exit', this.#fail);
	}
}

const endedWith = (code: unknown): Error => new Error(`Expected a server to run, but it ended with ${code}`);
