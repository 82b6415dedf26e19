/** How long a call may wait for a connection that has failed, in milliseconds: long enough for a server that restarts. */
const patience = 1000;

/**
The faults of a client's connections.

A client holds commands until it has a connection again, which may take forever, and a time-out doesn't say why. So a call
that got no reply within a second of a fault fails with that fault.
*/
export class ConnectionFaults {
	/** Why a connection failed last. Another one may be fine. */
	last: Error | undefined;

	#isDown = false;
	readonly #waiting = new Set<Waiting>();
	readonly #watched = new WeakSet<Emitter>();

	note(fault: Error): void {
		this.last = fault;
		this.#isDown = true;
		for (const call of this.#waiting) this.#hurry(call);
	}

	/** Listens to the client, or to one that it has for a server. */
	watch(emitter: Emitter): void {
		if (this.#watched.has(emitter)) return;
		this.#watched.add(emitter);
		// The second one tells of the servers of a cluster.
		for (const event of ['error', 'node-error']) emitter.on(event, fault => this.note(fault));
	}

	/** @param onEnd Called when the call itself ends, even if it was given up before. */
	limit<Result>(call: Promise<Result>, onEnd?: () => void): Promise<Result> {
		return new Promise((resolve, reject) => {
			const waiting: Waiting = {reject, timer: undefined};
			this.#waiting.add(waiting);
			if (this.#isDown) this.#hurry(waiting);
			call.then(
				result => {
					this.#isDown = false;
					this.#end(waiting);
					onEnd?.();
					resolve(result);
				},
				error => {
					this.#end(waiting);
					onEnd?.();
					reject(error);
				},
			);
		});
	}

	#hurry(waiting: Waiting): void {
		const giveUp = (): void => {
			const {reject} = waiting;
			this.#end(waiting);
			reject?.(this.last);
		};
		// One turn later: in a process that was busy, the reply may have come in the meantime.
		if (waiting.reject) waiting.timer ??= setTimeout(() => setImmediate(giveUp), patience);
	}

	#end(waiting: Waiting): void {
		if (waiting.timer) clearTimeout(waiting.timer);
		// V8 keeps a set's outgrown tables until its next full collection. They must not lead to whole requests.
		waiting.reject = undefined;
		this.#waiting.delete(waiting);
	}
}

/** A call that waits for its reply. */
type Waiting = {reject: ((fault: unknown) => void) | undefined; timer: NodeJS.Timeout | undefined};

const faultsOf = new WeakMap<object, ConnectionFaults>();

type Emitter = {on(event: string, listener: (fault: Error) => void): unknown};

/** Listens to a client's faults, with one listener for each event however many stores use the client. */
export const watchFaults = (client: Emitter): ConnectionFaults => {
	const known = faultsOf.get(client);
	if (known) return known;

	const faults = new ConnectionFaults();
	faultsOf.set(client, faults);
	faults.watch(client);
	return faults;
};
