import {isBroken, isReadOnly, isSilent, lostConnection} from './errors.ts';

/** How old a connection may grow, in milliseconds: a server that was replaced may go on answering reads. */
const longestLife = 5 * 60_000;

/** After which rest a connection may have been dropped without a word, as firewalls do, in milliseconds. */
const longRest = 1000;

/** How long the first reply after such a rest may take before another connection is tried, in milliseconds. */
const patience = 500;

/** Knows which connections of a pool may still be used, and lends those. */
export class Freshness<Connection extends object, Lent> {
	readonly #make: (connection: Connection) => Lent;
	readonly #lent = new WeakMap<Connection, Lent>();
	readonly #openedAt = new WeakMap<Connection, number>();
	readonly #usedAt = new WeakMap<Connection, number>();

	/** Connections that were opened before are used no more. */
	#oldest = 0;

	/** @param make Makes what is lent instead of a connection, once for each. */
	constructor(make: (connection: Connection) => Lent) {
		this.#make = make;
	}

	/** `undefined`: the connection must be closed. */
	lend(connection: Connection): Lent | undefined {
		if (!this.isFresh(connection)) return undefined;

		const lent = this.#lent.get(connection) ?? this.#make(connection);
		this.#lent.set(connection, lent);
		return lent;
	}

	isFresh(connection: Connection): boolean {
		const now = performance.now();
		const openedAt = this.#openedAt.get(connection) ?? now;
		this.#openedAt.set(connection, openedAt);
		return openedAt >= this.#oldest && now - openedAt < longestLife;
	}

	/** Sends a statement. If it fails because of the connection, all that are open are used no more. */
	async send<Reply>(connection: Connection, statement: () => Promise<Reply>): Promise<Reply> {
		const now = performance.now();
		const isRested = now - (this.#usedAt.get(connection) ?? now) > longRest;
		try {
			return await (isRested ? soon(statement()) : statement());
		} catch (error) {
			if (isReadOnly(error) || isBroken(error) || isSilent(error)) this.#oldest = performance.now();
			throw error;
		} finally {
			this.#usedAt.set(connection, performance.now());
		}
	}
}

const soon = <Reply>(reply: Promise<Reply>): Promise<Reply> =>
	new Promise((resolve, reject) => {
		// A turn later: if this process was busy, the reply may be there already.
		const timer = setTimeout(() => setImmediate(() => reject(lostConnection())), patience);
		reply.then(resolve, reject).finally(() => clearTimeout(timer));
	});
