import {setTimeout as sleep} from 'node:timers/promises';
import {SessionError} from '../errors.ts';
import type {Version} from '../store.ts';
import type {GuardedStore} from './guarded-store.ts';
import {tombstone} from './tombstone.ts';

/** The longest wait between two looks at whether the lease is free, in milliseconds. */
const longestPause = 50;

/**
The right to do something alone, whichever process asks for it. It is a record that only one party can create.

It has the form of a tombstone that leads to itself, so nothing takes it for a session. If its process dies, it expires.
*/
export class Lease {
	readonly #store: GuardedStore;
	readonly #key: string;
	readonly #life: number;
	#version: Version | undefined;
	#expiresAt = 0;

	/** @param life How long it is held unless it is extended, in milliseconds: longer than what is done between two extensions. */
	constructor(store: GuardedStore, key: string, life: number) {
		this.#store = store;
		this.#key = key;
		this.#life = life;
	}

	/**
	Waits until nobody else has it.

	@throws SessionError `ERR_SESSION_CONFLICT` if others had it for more than two of its lives.
	*/
	async take(): Promise<void> {
		const latest = Date.now() + 2 * this.#life;
		for (let tries = 1; ; tries++) {
			this.#expiresAt = Date.now() + this.#life;
			const record = {bytes: tombstone(this.#key), expiresAt: this.#expiresAt};
			this.#version = await this.#store.create(this.#key, record);
			if (this.#version !== undefined) return;
			if (Date.now() >= latest) throw tooMany();
			await sleep(Math.random() * Math.min(2 ** tries, longestPause));
		}
	}

	/**
	Keeps it for longer, if it is about to expire.

	@throws SessionError `ERR_SESSION_CONFLICT` if this process was too slow, so that another one may have it.
	*/
	async extend(): Promise<void> {
		if (this.#version === undefined || this.#expiresAt - Date.now() > (this.#life * 2) / 3) return;
		const expiresAt = Date.now() + this.#life;
		if (!(await this.#store.touch(this.#key, expiresAt, this.#version))) throw tooMany();
		this.#expiresAt = expiresAt;
	}

	/** Gives items one by one, and keeps it for each of them. */
	async *extendFor<Item>(items: Iterable<Item>): AsyncGenerator<Item, void, undefined> {
		for (const item of items) {
			await this.extend();
			yield item;
		}
	}

	/** Gives it back. If that fails, it expires. */
	async release(): Promise<void> {
		if (this.#version !== undefined) await this.#store.delete(this.#key, this.#version).catch(() => undefined);
	}
}

const tooMany = () =>
	new SessionError(
		'ERR_SESSION_CONFLICT',
		'Other requests kept ending sessions of the same subject, so some sessions may not have ended. Try again',
	);
