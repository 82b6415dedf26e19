import {SessionError} from '../errors.ts';
import type {SessionRecord, Version} from '../store.ts';
import {backOff} from './back-off.ts';
import type {GuardedStore} from './guarded-store.ts';
import {tombstone, tombstoneLife} from './tombstone.ts';

/** The longest time between two extensions, in milliseconds: less than a third of the life with the default `storeTimeout`. */
const longestRest = 2000;

/**
The right to do something alone, whichever process asks for it. It is a record that only one party can create.

It has the form of a tombstone that leads to itself, so nothing takes it for a session. If its owner doesn't extend it for as
long as it lives, another party takes it. That is seen by the other party's own clock, so no clocks need to agree.
*/
export class Lease {
	readonly #store: GuardedStore;
	readonly #key: string;
	readonly #life: number;
	#version: Version | undefined;
	#extendedAt = 0;

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
		let seen: Version | undefined;
		let seenSince = 0;
		for (let tries = 1; ; tries++) {
			this.#extendedAt = Date.now();
			this.#version = await this.#store.create(this.#key, this.#record());
			if (this.#version !== undefined) return;
			const now = Date.now();
			const version = (await this.#store.read(this.#key))?.version;
			if (version === undefined || version !== seen) {
				seen = version;
				seenSince = now;
			} else if (now - seenSince >= this.#life) await this.#store.delete(this.#key, version);
			if (now >= latest) throw tooMany();
			await backOff(tries);
		}
	}

	/**
	Keeps it for longer, if a third of its life has passed, or two seconds: a process with a shorter `storeTimeout`, such as
	the command line's, may judge it by a shorter life.

	@throws SessionError `ERR_SESSION_CONFLICT` if this process was too slow, so that another one may have it.
	*/
	async extend(): Promise<void> {
		const now = Date.now();
		if (this.#version === undefined || now - this.#extendedAt < Math.min(this.#life / 3, longestRest)) return;
		// Another version shows those who wait that its owner is at work.
		const answer = await this.#store.update(this.#key, this.#record(), this.#version);
		if (typeof answer === 'string') throw tooMany();
		this.#version = answer.version;
		this.#extendedAt = now;
	}

	/** If its process dies and nobody waits, it goes with the store's expired records. */
	#record(): SessionRecord {
		return {bytes: tombstone(this.#key), expiresAt: Date.now() + tombstoneLife, subject: undefined};
	}

	/** Gives items one by one, and keeps it for each of them. */
	async *extendFor<Item>(items: Iterable<Item>): AsyncGenerator<Item, void, undefined> {
		for (const item of items) {
			await this.extend();
			yield item;
		}
	}

	/** Gives it back. If that fails, others take it later. */
	async release(): Promise<void> {
		if (this.#version !== undefined) await this.#store.delete(this.#key, this.#version).catch(() => undefined);
	}
}

const tooMany = () =>
	new SessionError(
		'ERR_SESSION_CONFLICT',
		'Other requests kept ending sessions of the same subject, so some sessions may not have ended. Try again',
	);
