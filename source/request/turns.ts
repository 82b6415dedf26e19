/** Runs the work of one request on its session, one piece after another. */
export class Turns {
	#last: Promise<unknown> | undefined;

	/** Why the last piece of remembered work failed, if nothing new was asked for since. */
	fault: unknown;

	/** Whether some work was ever asked for: what comes later has to wait for its turn. */
	get hasBegun(): boolean {
		return this.#last !== undefined;
	}

	take<Result>(work: () => Promise<Result>): Promise<Result> {
		const run = this.#last ? this.#last.then(work, work) : work();
		this.#last = run;
		return run;
	}

	/** Takes a turn and remembers how it went, so that the end of the request doesn't wait for the same fault again. */
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
