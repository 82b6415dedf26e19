import {randomInt} from 'node:crypto';
import {setTimeout as sleep} from 'node:timers/promises';
import {addClaim} from './claim-bytes.ts';
import type {GuardedStore} from './guarded-store.ts';
import type {StoredSession, Written} from './stored-session.ts';

/** The longest claim, in milliseconds. */
const longestClaim = 5000;

/** The longest wait between two looks at whether a claim is over, in milliseconds. */
const longestPause = 50;

/**
The claims of this process and of others.

Without claims, a function that takes longer than the pauses between another process's writes would never win. Nothing
depends on a claim: compare-and-swap decides who wins. A write of the record removes it, and the end of a session doesn't
wait for it. If its process dies, others wait as long as it says, and then go on.
*/
export class Claims {
	readonly #owner = randomInt(2 ** 32);
	readonly #store: GuardedStore;

	constructor(store: GuardedStore) {
		this.#store = store;
	}

	/** Whether this process has claimed a session. */
	holds({claim}: StoredSession): boolean {
		return claim?.owner === this.#owner;
	}

	/** Waits until another process's claim on a session is over. Resolves to whether the session is still the newest. */
	async outlast(stored: StoredSession): Promise<boolean> {
		const {claim} = stored;
		if (!claim || this.holds(stored)) return true;
		// No longer than the claim says, even if the clock was set back. From here on, no change of the clock counts.
		const rest = Math.min(stored.knownAt + claim.length - Date.now(), claim.length, longestClaim);
		const endsAt = performance.now() + rest;
		for (let pause = 5; await this.#isNewest(stored); pause = Math.min(2 * pause, longestPause)) {
			const left = endsAt - performance.now();
			if (left <= 0) return true;
			await sleep(Math.min(pause, left));
		}

		return false;
	}

	/**
	Claims a session for so many milliseconds.

	One that this process has claimed already stays as it is, even if its time is almost over: a second claim would make two
	operations of one request fail each other without end.

	@returns The session as it is stored then. Without a claim if the store has no room for it.
	*/
	async claim(stored: StoredSession, milliseconds: number): Promise<Written> {
		if (this.holds(stored)) return stored;

		const length = Math.round(Math.min(milliseconds, longestClaim));
		const bytes = addClaim(stored.record.bytes, {owner: this.#owner, length});
		const {maxBytes = bytes.length} = this.#store;
		return bytes.length > maxBytes ? stored : this.#write(stored, bytes);
	}

	/** Removes the claim of this process, so that others needn't wait any longer. Without one, checks that nothing newer is stored. */
	async release(stored: StoredSession): Promise<Written> {
		if (this.holds(stored)) return this.#write(stored, stored.record.bytes);
		return (await this.#isNewest(stored)) ? stored : 'conflict';
	}

	async #write(stored: StoredSession, bytes: Uint8Array): Promise<Written> {
		const {key, record, facts} = stored;
		const {expiresAt, subject, version} = record;
		const answer = await this.#store.update(key, {bytes, expiresAt, subject}, version, expiresAt);
		return typeof answer === 'string' ? answer : stored.with({...record, bytes, ...answer}, facts);
	}

	async #isNewest({key, record}: StoredSession): Promise<boolean> {
		return (await this.#store.read(key))?.version === record.version;
	}
}
