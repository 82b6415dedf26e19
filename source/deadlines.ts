import {AsyncResource} from 'node:async_hooks';

/** A call in progress. */
export type Call = {
	/** When it must be over, by `performance.now()`. */
	readonly latest: number;
	readonly onTimeout: () => void;
	previous: Call | undefined;
	next: Call | undefined;
	isOver: boolean;
};

/**
Gives up calls that take too long. All have the same limit, so one timer serves them: the oldest call is the next one.

A timer for each call would cost a request more than to check its signature.
*/
export class Deadlines {
	readonly #limit: number;

	/** Calls in progress form a linked list, the oldest first. */
	#oldest: Call | undefined;
	#newest: Call | undefined;
	#isTimerSet = false;

	/** Timers keep the asynchronous context in which they are set. That of one request would live as long as there are calls. */
	readonly #outside = new AsyncResource('koa-server-session deadlines');

	/** @param limit How long a call may take, in milliseconds. */
	constructor(limit: number) {
		this.#limit = limit;
	}

	/** @param onTimeout Called if the call isn't over in time, outside of its asynchronous context. */
	begin(onTimeout: () => void): Call {
		const previous = this.#newest;
		const latest = performance.now() + this.#limit;
		const call: Call = {latest, onTimeout, previous, next: undefined, isOver: false};
		if (previous) previous.next = call;
		else this.#oldest = call;
		this.#newest = call;
		if (!this.#isTimerSet) this.#setTimer(this.#limit);
		return call;
	}

	/** Returns `false` if it was over already. */
	end(call: Call): boolean {
		if (call.isOver) return false;

		call.isOver = true;
		const {previous, next} = call;
		if (previous) previous.next = next;
		else this.#oldest = next;
		if (next) next.previous = previous;
		else this.#newest = previous;
		// The caller may keep this one for long. It must not keep its neighbours in memory.
		call.previous = undefined;
		call.next = undefined;
		return true;
	}

	/** The timer isn't cleared when nothing is left: most likely the next call comes before it ends. */
	#setTimer(time: number): void {
		this.#isTimerSet = true;
		// One turn later: in a process that was busy, the answer may have come in the meantime.
		const end = () => setImmediate(() => this.#endLate());
		this.#outside.runInAsyncScope(() => setTimeout(end, time).unref());
	}

	#endLate(): void {
		const now = performance.now();
		try {
			for (let call = this.#oldest; call && call.latest <= now; call = this.#oldest) {
				this.end(call);
				call.onTimeout();
			}
		} finally {
			this.#isTimerSet = false;
			if (this.#oldest) this.#setTimer(this.#oldest.latest - now);
		}
	}
}
