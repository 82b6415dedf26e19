import {isHandle} from '../tokens/identifier.ts';
import type {GuardedStore} from './guarded-store.ts';
import {type ListedSession, readListed} from './listed-session.ts';
import type {Records} from './records.ts';
import {handleNamed, type SessionName} from './session-name.ts';
import {Slice} from './slice.ts';
import {isLiveSession} from './tombstone.ts';

/** How many records are read at once where only their number counts: enough to hide round trips. */
const width = 16;

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
		const add = async (key: string): Promise<void> => {
			const record = await this.#store.read(key);
			if (isLiveSession(record) && (subject === undefined || record?.subject === subject)) total++;
		};

		const slice = new Slice();
		let reads: Promise<void>[] = [];
		for await (const key of keys) {
			const read = add(key);
			// Others may have their turn before anything waits for it.
			read.catch(() => undefined);
			reads.push(read);
			await slice.giveWay();
			if (reads.length < width) continue;
			await Promise.all(reads);
			reads = [];
		}
		await Promise.all(reads);
		return total;
	}

	/**
	Ends all sessions except one. A session that gets a new id in the meantime ends under it.

	@param progress Called after each session that ended, with how many have.
	@returns How many ended.
	*/
	async destroy(except: SessionName | undefined, progress: (ended: number) => void = () => undefined): Promise<number> {
		const spared = except && this.#prefix + handleNamed(except);
		const followed = new Set<string>();
		let ended = 0;
		for await (const key of this.#keys()) {
			const end = await this.#records.end(key, {isMeant: found => found !== spared, followed});
			if (end !== undefined) progress(++ended);
		}
		return ended;
	}

	/** The store may hold other things, too. */
	async *#keys(): AsyncGenerator<string, void, undefined> {
		const prefix = this.#prefix;
		for await (const key of this.#store.keys(prefix)) if (isHandle(key.slice(prefix.length))) yield key;
	}
}
