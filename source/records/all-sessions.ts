import {isHandle} from '../tokens/identifier.ts';
import type {GuardedStore} from './guarded-store.ts';
import {type ListedSession, readListed} from './listed-session.ts';
import {inParallel} from './parallel.ts';
import type {Records} from './records.ts';
import {handleNamed, type SessionName} from './session-name.ts';
import {Slice} from './slice.ts';
import {isLiveSession} from './tombstone.ts';

/** All sessions of a prefix, of any subject or none: lists, counts and ends them. */
export class AllSessions {
	readonly #store: GuardedStore;
	readonly #records: Records;
	readonly #prefix: string;

	constructor(store: GuardedStore, records: Records, {prefix}: {readonly prefix: string}) {
		this.#store = store;
		this.#records = records;
		this.#prefix = prefix;
	}

	/** Lists the live sessions. Those that can't be decoded are left out; an event is published for each. */
	async *list(): AsyncGenerator<ListedSession, void, undefined> {
		for await (const key of this.#keys()) {
			const listed = await readListed(this.#records, key);
			if (listed) yield listed;
		}
	}

	/** Counts the live sessions, without decoding them. */
	async count(keys: AsyncIterable<string> = this.#keys(), subject?: string): Promise<number> {
		let total = 0;
		const slice = new Slice();
		await inParallel(keys, async key => {
			const record = await slice.step(() => this.#store.read(key));
			if (isLiveSession(record) && (subject === undefined || record?.subject === subject)) total++;
		});
		return total;
	}

	/**
	Ends all sessions except one. A session that gets a new id in the meantime ends under it, and the spared one stays under it.

	@param progress Called after each session that ended, with how many have.
	@returns How many ended.
	*/
	async destroy(except: SessionName | undefined, progress: (ended: number) => void = () => undefined): Promise<number> {
		const newestSpared = this.#following(except);
		const trail = this.#records.trail();
		let ended = 0;
		await inParallel(this.#keys(), async key => {
			const found = await trail.follow(key);
			// Only then, so that it is known if this is the spared session under a new id.
			const spared = found && (await newestSpared());
			if (!found || found.key === spared) return;
			const {version} = found.record;
			const end = await this.#records.end(found.key, {version, isMeant: newer => newer !== spared, trail});
			if (end !== undefined) progress(++ended);
		});
		return ended;
	}

	/** Finds the key that a session has now, each time that it is called. */
	#following(name: SessionName | undefined): () => Promise<string | undefined> {
		if (!name) return async () => undefined;

		let newest = this.#prefix + handleNamed(name);
		return async () => {
			const found = await this.#records.trail().follow(newest);
			if (found) newest = found.key;
			return newest;
		};
	}

	/** The store may hold other things, too. */
	async *#keys(): AsyncGenerator<string, void, undefined> {
		const prefix = this.#prefix;
		for await (const key of this.#store.keys(prefix)) if (isHandle(key.slice(prefix.length))) yield key;
	}
}
