/** How long a turn is respected while others wait, in milliseconds. */
export const patience = {
	/** For a call of the store, which takes a few milliseconds unless it hangs. */
	call: 250,

	/** For a function of the application, such as that of `update()`. */
	function: 1000,

	/** Before the end of a session, whatever the turn is for. */
	end: 100,
} as const;

type Waiting = {
	readonly owner: object;
	readonly longestTurn: number;
	readonly isUrgent: boolean;
	readonly begin: (turn: Turn) => void;
};

/**
Lets the requests of this process write one session one after the other, so that they don't make each other fail.

Nothing depends on it: compare-and-swap decides who wins. So nobody waits forever. A turn that takes too long is passed on,
and its owner may still finish.
*/
export class Queue {
	/** The turn that a session's writer has now. One entry stays, since V8 makes a new table when a map becomes empty. */
	readonly #turns = new Map<string, Turn | undefined>([['', undefined]]);

	/**
	Takes the turn if nobody has it. `undefined`: somebody has.

	@param owner The owner of a turn gets another one within it, so that it can't wait for itself.
	@param longestTurn How long others respect it, in milliseconds.
	*/
	takeIfFree(key: string, owner: object, longestTurn: number = patience.call): Turn | undefined {
		const turn = this.#turns.get(key);
		if (turn) return turn.owner === owner ? inner : undefined;

		const free = new Turn(this, key, owner, longestTurn);
		this.#turns.set(key, free);
		return free;
	}

	/** Waits for a turn. @param isUrgent Comes first, and waits only for a moment. */
	async take(key: string, owner: object, longestTurn: number = patience.call, isUrgent = false): Promise<Turn> {
		const free = this.takeIfFree(key, owner, longestTurn);
		const turn = this.#turns.get(key);
		if (free || !turn) return free ?? inner;

		return new Promise(begin => {
			turn.waiting ??= [];
			if (isUrgent) turn.waiting.unshift({owner, longestTurn, isUrgent, begin});
			else turn.waiting.push({owner, longestTurn, isUrgent, begin});
			this.#limit(turn, isUrgent);
		});
	}

	isCurrent(turn: Turn): boolean {
		return this.#turns.get(turn.key) === turn;
	}

	/** Passes a turn on. Does nothing if that was done already. */
	pass(turn: Turn): void {
		const {key, waiting} = turn;
		clearTimeout(turn.timer);
		if (this.#turns.get(key) !== turn) return;

		turn.release();
		const next = waiting?.shift();
		if (!next) {
			this.#turns.delete(key);
			return;
		}

		const passed = new Turn(this, key, next.owner, next.longestTurn);
		passed.waiting = waiting;
		this.#turns.set(key, passed);
		if (waiting && waiting.length > 0)
			this.#limit(
				passed,
				waiting.some(each => each.isUrgent),
			);
		next.begin(passed);
	}

	/** Limits a turn for which others wait. Never lengthens it. */
	#limit(turn: Turn, isUrgent: boolean): void {
		const limit = isUrgent ? patience.end : turn.longestTurn;
		const endsAt = performance.now() + limit;
		if (turn.endsAt <= endsAt) return;

		turn.endsAt = endsAt;
		clearTimeout(turn.timer);
		turn.timer = setTimeout(() => this.pass(turn), limit).unref();
	}
}

/** The turn of one request to write a session. */
export class Turn {
	readonly key: string;
	readonly longestTurn: number;

	/** Who has it. `undefined`: nobody any more. */
	owner: object | undefined;

	/** Who waits for it. Made when somebody does. */
	waiting: Waiting[] | undefined;
	timer: NodeJS.Timeout | undefined;

	/** When the timer ends it, on the clock of `performance`. Never, as long as nobody waits. */
	endsAt = Number.POSITIVE_INFINITY;

	readonly #queue: Queue | undefined;

	constructor(queue: Queue | undefined, key: string, owner: object, longestTurn: number) {
		this.#queue = queue;
		this.key = key;
		this.owner = owner;
		this.longestTurn = longestTurn;
	}

	/** Whether others still respect it. */
	get isCurrent(): boolean {
		return this.#queue === undefined || this.#queue.isCurrent(this);
	}

	/**
	Forgets who had it and who waits, so that their requests can be collected. V8 keeps the tables that a map has outgrown
	until its next full collection, with all that their entries lead to.
	*/
	release(): void {
		this.owner = undefined;
		this.waiting = undefined;
	}

	/** Ends the turn. Idempotent. */
	end(): void {
		this.#queue?.pass(this);
	}
}

/** A turn within a turn of the same owner: ending it changes nothing. */
const inner = new Turn(undefined, '', {}, 0);
