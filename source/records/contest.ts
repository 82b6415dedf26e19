import {SessionError} from '../errors.ts';
import {backOff} from './back-off.ts';
import {patience, type Queue, type Turn} from './queue.ts';

/** How often a write is tried while others are faster. Within a process they take turns, so the others are other processes. */
const maxTries = 50;

/** How long it is tried, in milliseconds. */
const longest = 10_000;

/** What a contest is about. */
export type ContestOptions = {
	/** How long the requests of this process wait for each try, in milliseconds. */
	readonly longestTurn?: number;

	/** The end of a session comes first. */
	readonly isUrgent?: boolean;
};

/** One operation's tries to write a session, from the first time that another request was faster. */
export class Contest {
	/** How often another request was faster. */
	tries = 0;

	/** How long the operation's function took the last time, in milliseconds. */
	took = 0;

	readonly #queue: Queue;
	readonly #owner: object;
	readonly #options: ContestOptions;
	#latest = 0;
	#turn: Turn | undefined;

	/** @param owner What tries: a request, or one walk. */
	constructor(queue: Queue, owner: object, options: ContestOptions = {}) {
		this.#queue = queue;
		this.#owner = owner;
		this.#options = options;
	}

	/**
	Called each time that another request was faster. Waits until no other request of this process writes the session, and for
	a short random time on account of other processes.

	@throws SessionError `ERR_SESSION_CONFLICT` when the tries or the time are used up.
	*/
	async waitToRetry(key: string): Promise<void> {
		const now = performance.now();
		if (++this.tries === 1) this.#latest = now + longest;
		if (this.tries >= maxTries || now >= this.#latest) throw tooMany(this.tries);

		if (this.#turn?.key !== key || !this.#turn.isCurrent) {
			this.end();
			const {longestTurn = patience.call, isUrgent = false} = this.#options;
			this.#turn = await this.#queue.take(key, this.#owner, longestTurn, isUrgent);
		}

		if (this.tries > 1) await backOff(this.tries);
	}

	/** Runs the operation's function. */
	async run<Result>(work: () => Result | Promise<Result>): Promise<Result> {
		const startedAt = performance.now();
		try {
			return await work();
		} finally {
			this.took = performance.now() - startedAt;
		}
	}

	/** Must be called when the operation is over, whatever became of it. Idempotent. */
	end(): void {
		this.#turn?.end();
		this.#turn = undefined;
	}
}

const tooMany = (tries: number) =>
	new SessionError(
		'ERR_SESSION_CONFLICT',
		`Other requests changed the session ${tries} times in a row, so this change wasn't stored. Try again`,
	);
