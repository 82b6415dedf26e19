/** Something that must be over in time. */
export type Pending = {
	/** When it must be over, by `performance.now()`. */
	readonly latest: number;

	/** Called if it isn't. */
	readonly expire: () => void;
	previous: Pending | undefined;
	next: Pending | undefined;
	isOver: boolean;
};

/**
Keeps the deadlines of all that may take equally long, with one timer. A timer for each would cost a request more than
signing its token.

What has begun stands in a linked list, in the order in which it expires.
*/
export class Deadlines {
	readonly #time: number;
	#first: Pending | undefined;
	#last: Pending | undefined;
	#isTimed = false;

	/** @param time How long each may take, in milliseconds. */
	constructor(time: number) {
		this.#time = time;
	}

	begin(expire: () => void): Pending {
		const previous = this.#last;
		const latest = performance.now() + this.#time;
		const pending: Pending = {latest, expire, previous, next: undefined, isOver: false};
		if (previous) previous.next = pending;
		else this.#first = pending;
		this.#last = pending;
		if (!this.#isTimed) this.#wait(this.#time);
		return pending;
	}

	/** Returns `false` if it was over already. */
	end(pending: Pending): boolean {
		if (pending.isOver) return false;

		pending.isOver = true;
		const {previous, next} = pending;
		if (previous) previous.next = next;
		else this.#first = next;
		if (next) next.previous = previous;
		else this.#last = previous;
		// What a caller still holds must not hold the others.
		pending.previous = undefined;
		pending.next = undefined;
		return true;
	}

	/** The timer goes on when nothing is left: most likely the next call comes before it ends. */
	#wait(time: number): void {
		this.#isTimed = true;
		setTimeout(() => this.#expire(), time).unref();
	}

	#expire(): void {
		this.#isTimed = false;
		const now = performance.now();
		for (let first = this.#first; first && first.latest <= now; first = this.#first) {
			this.end(first);
			first.expire();
		}

		if (this.#first) this.#wait(this.#first.latest - now);
	}
}
