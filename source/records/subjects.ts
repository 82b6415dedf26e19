import type {SessionRecord} from '../store.ts';
import {isHandle} from '../tokens/identifier.ts';
import type {GuardedStore} from './guarded-store.ts';
import {Lease} from './lease.ts';
import type {ListedSession} from './listed-session.ts';
import type {Records} from './records.ts';
import {handleNamed, type SessionName} from './session-name.ts';
import {Slice} from './slice.ts';

/** The options that the sessions of a subject depend on. */
export type SubjectsOptions = {readonly prefix: string; readonly storeTimeout: number};

/** The sessions of each subject: lists them, and ends them. */
export class Subjects {
	readonly #store: GuardedStore;
	readonly #records: Records;
	readonly #prefix: string;

	/** Longer than one session takes to end, which is a read and a delete. */
	readonly #leaseLife: number;

	constructor(store: GuardedStore, records: Records, {prefix, storeTimeout}: SubjectsOptions) {
		this.#store = store;
		this.#records = records;
		this.#prefix = prefix;
		this.#leaseLife = 3 * storeTimeout;
	}

	/** Lists a subject's live sessions. */
	async *list(subject: string): AsyncGenerator<ListedSession, void, undefined> {
		for await (const key of this.#keysOf(subject)) {
			const stored = await this.#records.read('', key);
			if (typeof stored === 'string' || stored.record.subject !== subject) continue;

			const {data, binding} = stored.open();
			stored.abort();
			yield {
				handle: key.slice(this.#prefix.length),
				...this.#records.datesOf(stored),
				isBound: binding !== undefined,
				data,
			};
		}
	}

	/** Ends all of a subject's sessions except `except`. Resolves to how many. */
	async revoke(subject: string, except: SessionName | undefined): Promise<number> {
		if (except) return this.#revokeOthers(subject, this.#prefix + handleNamed(except));

		let revoked = 0;
		const end = this.#ending(subject);
		for await (const key of this.#keysOf(subject)) if (await end(key)) revoked++;
		return revoked;
	}

	/**
	Ends all of a subject's sessions except one, unless that one has been ended.

	Two logins at once would end each other's session. So one goes first, and the other one finds its own session ended.
	*/
	async #revokeOthers(subject: string, spared: string): Promise<number> {
		const others: string[] = [];
		for await (const key of this.#keysOf(subject)) if (key !== spared) others.push(key);
		if (others.length === 0) return 0;

		const lease = new Lease(this.#store, this.#records.keyOf(`revoke ${subject}`), this.#leaseLife);
		await lease.take();
		try {
			if (await this.#records.hasEnded(spared)) return 0;

			let revoked = 0;
			const slice = new Slice();
			const end = this.#ending(subject, spared);
			for (const key of others) {
				await lease.extend();
				if (await end(key)) revoked++;
				await slice.giveWay();
			}

			return revoked;
		} finally {
			await lease.release();
		}
	}

	/**
	Ends sessions of a subject, one after the other. A tombstone may lead to the spared one, or to one that is somebody
	else's by now.

	Each tombstone is followed once: a session may leave many of them, each of which leads to the next.
	*/
	#ending(subject: string, spared?: string): (key: string) => Promise<boolean> {
		const followed = new Set<string>();
		const isMeant = (found: string, record: SessionRecord) => found !== spared && record.subject === subject;
		return async key => (await this.#records.end(key, {isMeant, followed})) !== undefined;
	}

	/** Ends one session, unless it is somebody else's. Resolves to how many: 1 or 0. */
	async revokeOne(subject: string, name: SessionName): Promise<number> {
		const handle = handleNamed(name);
		if (!isHandle(handle)) return 0;
		const key = this.#prefix + handle;
		return (await this.#ending(subject)(key)) ? 1 : 0;
	}

	/** A store may be shared: another application's records have another prefix. */
	async *#keysOf(subject: string): AsyncGenerator<string, void, undefined> {
		const prefix = this.#prefix;
		for await (const key of this.#store.bySubject(subject)) {
			if (key.startsWith(prefix) && isHandle(key.slice(prefix.length))) yield key;
		}
	}
}
