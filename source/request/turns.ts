/** Runs one request's work on its session, one piece after the other. */
export class Turns {
	#last: Promise<unknown> | undefined;

	/** Why the last remembered piece of work failed, unless the route has asked for something new since. */
	fault: unknown;

	/** Whether work has begun. From then on, other work must take its turn. */
	get hasBegun(): boolean {
		return this.#last !== undefined;
	}

	take<Result>(work: () => Promise<Result>): Promise<Result> {
		const run = this.#last ? this.#last.then(work, work) : work();
		this.#last = run;
		return run;
	}

	/** Takes a turn and remembers its error, so that the end of the request doesn't wait for the same fault again. */
	takeRemembered<Result>(work: () => Promise<Result>): Promise<Result> {
		const run = this.take(work);
		run.then(
			() => {
				this.fault = undefined;
			},
			error => {
				this.fault = error;
			},
		);
		return run;
	}
}
