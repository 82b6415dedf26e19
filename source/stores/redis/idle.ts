/** After this long without use, in milliseconds, a firewall may have dropped a connection without a word. */
const longestRest = 5000;

/** How long the first call after such a rest may be without a reply, in milliseconds. The second try must fit into `storeTimeout`. */
const longestSilence = 1000;

/** Finds out when connections that were not in use are dead. The client sends what got no reply again on new ones. */
export class IdleConnections {
	readonly #reconnect: () => void;
	#usedAt = Date.now();
	#check: NodeJS.Timeout | undefined;

	constructor(reconnect: () => void) {
		this.#reconnect = reconnect;
	}

	/** Must be called when a call begins. Returns what must be called when that call ends. */
	begin(): () => void {
		if (Date.now() - this.#usedAt > longestRest) {
			// One turn later: in a process that was busy, the reply may have come in the meantime.
			this.#check ??= setTimeout(() => setImmediate(() => this.#check && this.#reconnect()), longestSilence);
		}
		return this.#note;
	}

	readonly #note = (): void => {
		this.#usedAt = Date.now();
		if (!this.#check) return;
		clearTimeout(this.#check);
		this.#check = undefined;
	};
}
