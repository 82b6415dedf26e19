import {RecentKeys} from './recent-keys.ts';
import type {StoredSession} from './stored-session.ts';

/** What this process knows of sessions without asking the store, since its own requests found, wrote or ended them lately. */
export class RecentSessions {
	/** Keys whose session was ended or moved here, or wasn't there any more. */
	readonly #gone = new RecentKeys();

	/** Keys under which a session was found or stored here, with the latest expiry. */
	readonly #seen = new RecentKeys();

	/** Keys whose extension left with a response, with the latest expiry that it told. */
	readonly #told = new RecentKeys();

	/** Notes a session that was found or stored. */
	see(stored: StoredSession): StoredSession {
		this.#seen.add(stored.key, stored.record.expiresAt);
		return stored;
	}

	/** Notes that a write has shortened the life of a key's session. What was found before doesn't count any more. */
	shorten(key: string): void {
		this.#seen.delete(key);
		this.#told.delete(key);
	}

	/** Notes that a client was told until when a key's session lives. */
	tell(key: string, expiresAt: number): void {
		this.#told.add(key, expiresAt);
	}

	/** The latest expiry of a key's session that a client was told lately. 0: none. */
	toldUntil(key: string): number {
		return this.#told.get(key) ?? 0;
	}

	/** Notes that a key's session has ended or moved. */
	lose(key: string): void {
		this.#gone.add(key);
	}

	/** Notes that nothing is stored under a key. A session that was seen there has ended, also if another process ended it. */
	miss(key: string): void {
		if (this.#seen.has(key)) this.#gone.add(key);
	}

	/** Notes that a session begins under a key. */
	begin(key: string): void {
		this.#gone.delete(key);
	}

	hasSeen(key: string): boolean {
		return this.#seen.has(key);
	}

	/** Whether a session is over for certain: it has expired, or this process ended or moved it, or missed it. */
	isGone({key, record}: StoredSession): boolean {
		return record.expiresAt <= Date.now() || this.#gone.has(key);
	}

	/** Whether a session lives longer by now than a request knows. */
	isExtended({key, record}: StoredSession): boolean {
		return (this.#seen.get(key) ?? 0) > record.expiresAt;
	}
}
