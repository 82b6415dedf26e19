/** How long a call may wait for a connection that has failed, in milliseconds: long enough for a server that restarts. */
const patience = 1000;

/**
The faults of a client's connections.

A client holds commands until it has a connection again, which may take forever, and a time-out doesn't say why. So a call
that got no reply within a second of a fault fails with that fault.
*/
export class Faults {
	/** Why a connection failed last. Another one may be fine. */
	last: Error | undefined;

	#isDown = false;
	readonly #waiting = new Set<Waiting>();

	note(fault: Error): void {
		this.last = fault;
		this.#isDown = true;
		for (const {hurry} of this.#waiting) hurry?.();
	}

	limit<Result>(call: Promise<Result>): Promise<Result> {
		return new Promise((resolve, reject) => {
			let timer: NodeJS.Timeout | undefined;
			const hurry = (): void => {
				// One turn later: in a process that was busy, the reply may have come in the meantime.
				timer ??= setTimeout(() => setImmediate(() => settle(() => reject(this.last))), patience);
			};
			const waiting: Waiting = {hurry};
			const settle = (how: () => void): void => {
				clearTimeout(timer);
				// V8 keeps a set's outgrown tables until its next full collection. They must not lead to whole requests.
				waiting.hurry = undefined;
				this.#waiting.delete(waiting);
				how();
			};
			this.#waiting.add(waiting);
			if (this.#isDown) hurry();
			call.then(
				result => {
					this.#isDown = false;
					settle(() => resolve(result));
				},
				error => settle(() => reject(error)),
			);
		});
	}
}

/** A call that waits for its reply. */
type Waiting = {hurry: (() => void) | undefined};

const faultsOf = new WeakMap<object, Faults>();

type Emitter = {on(event: 'error', listener: (error: Error) => void): unknown};

/** Listens to a client's faults, with one listener however many stores use the client. */
export const watchFaults = (client: Emitter): Faults => {
	const known = faultsOf.get(client);
	if (known) return known;

	const faults = new Faults();
	faultsOf.set(client, faults);
	client.on('error', fault => faults.note(fault));
	return faults;
};
