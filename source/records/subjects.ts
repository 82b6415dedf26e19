import type {SessionRecord} from '../store.ts';
import {isHandle} from '../tokens/identifier.ts';
import type {GuardedStore} from './guarded-store.ts';
import {Lease} from './lease.ts';
import {type ListedSession, readListed} from './listed-session.ts';
import {inParallel} from './parallel.ts';
import type {Records} from './records.ts';
import {handleNamed, type SessionName} from './session-name.ts';
import {SharedRuns} from './shared-runs.ts';

/** The options that the sessions of a subject depend on. */
export type SubjectsOptions = {readonly prefix: string; readonly storeTimeout: number};

/** The sessions of each subject: lists them, and ends them. */
export class Subjects {
	readonly #store: GuardedStore;
	readonly #records: Records;
	readonly #prefix: string;

	/** Longer than a session takes to end, which is a wait for another read, a read and a delete. */
	readonly #leaseLife: number;

	/** Logins of one user at the same time. */
	readonly #logins = new SharedRuns<SessionName | undefined>();

	constructor(store: GuardedStore, records: Records, {prefix, storeTimeout}: SubjectsOptions) {
		this.#store = store;
		this.#records = records;
		this.#prefix = prefix;
		this.#leaseLife = 4 * storeTimeout;
	}

	/** Lists a subject's live sessions. */
	async *list(subject: string): AsyncGenerator<ListedSession, void, undefined> {
		const trail = this.#records.trail();
		const handles = new Set<string>();
		for await (const key of this.keysOf(subject)) {
			// A session that gets a new id in the meantime is found by its old one, by its new one, or by both.
			const listed = await readListed(this.#records, key, trail);
			if (listed?.subject !== subject || handles.has(listed.handle)) continue;
			handles.add(listed.handle);
			yield listed;
		}
	}

	/** Ends all of a subject's sessions except `except`. Resolves to how many. */
	async revoke(subject: string, except: SessionName | undefined): Promise<number> {
		if (except) return this.#revokeOthers(subject, this.#prefix + handleNamed(except));

		return this.#endEach(this.keysOf(subject), subject);
	}

	/**
	Ends all of a subject's sessions except one, unless that one has been ended.

	Two logins at once would end each other's session. So one goes first, and the other one finds its own session ended.
	*/
	async #revokeOthers(subject: string, spared: string): Promise<number> {
		const others: string[] = [];
		for await (const key of this.keysOf(subject)) if (key !== spared) others.push(key);
		if (others.length === 0) return 0;

		return this.#alone(subject, async lease => {
			if (await this.#records.hasEnded(spared)) return 0;
			// It may have got a new id from another request.
			const own = await this.#records.trail().follow(spared);
			// It got a new id, under which it has been ended: what is left is a tombstone.
			if (!own && (await this.#store.read(spared))) return 0;
			return this.#endEach(lease.extendFor(others), subject, new Set([own?.key ?? spared]));
		});
	}

	/** Works while nobody else ends sessions of the subject but one. */
	async #alone<Result>(subject: string, work: (lease: Lease) => Promise<Result>): Promise<Result> {
		const lease = new Lease(this.#store, this.#records.keyOf(`revoke ${subject}`), this.#leaseLife);
		await lease.take();
		try {
			return await work(lease);
		} finally {
			await lease.release();
		}
	}

	/** Ends sessions of a subject. A tombstone may lead to a spared one, or to one that is somebody else's by now. */
	async #endEach(
		keys: AsyncIterable<string> | Iterable<string>,
		subject: string,
		spared: ReadonlySet<string> = new Set(),
	): Promise<number> {
		const isMeant = (found: string, record: SessionRecord) => !spared.has(found) && record.subject === subject;
		const trail = this.#records.trail();
		let ended = 0;
		await inParallel(keys, async key => {
			if ((await this.#records.end(key, {isMeant, trail})) !== undefined) ended++;
		});
		return ended;
	}

	/**
	Ends the sessions that were seen least recently, so that `keep` are left. Resolves to how many.

	Logins at the same time take turns. Each has stored its session before, so the last one sees them all; and one whose
	session another one has ended ends nothing. So in one process, one of them can act for all who wait: after it, each of
	the others would find its own session ended, or no more than `keep` left.

	@param except Never ended by this call, but counted.
	*/
	keepRecent(subject: string, keep: number, except: SessionName | undefined): Promise<number> {
		return this.#logins.join(`${keep} ${subject}`, except, excepts => this.#keepRecentFor(excepts, subject, keep));
	}

	/** @param excepts The first of these that lives is spared. */
	async #keepRecentFor(excepts: readonly (SessionName | undefined)[], subject: string, keep: number): Promise<number> {
		const keys = new Set<string>();
		for await (const key of this.keysOf(subject)) keys.add(key);
		// A login that stores one more comes here later, and sees it.
		if (keys.size <= keep) return 0;

		return this.#alone(subject, async lease => {
			const first = await this.#firstAlive(lease.extendFor(excepts));
			if (!first) return 0;

			const {given} = first;
			const listed: ListedSession[] = [];
			for await (const session of this.list(subject)) {
				await lease.extend();
				listed.push(session);
			}

			// A session that got a new id in the meantime may be in the list under both. Followed now, it counts once.
			const keys = listed.sort(byRecency).map(({handle}) => this.#prefix + handle);
			const spared = new Set<string>();
			const trail = this.#records.trail();
			for (const key of given === undefined ? keys : [given, ...keys]) {
				if (spared.size === keep) break;
				await lease.extend();
				const found = await trail.follow(key);
				if (found?.record.subject === subject) spared.add(found.key);
			}

			const outdated = keys.filter(key => !spared.has(key));
			return this.#endEach(lease.extendFor(outdated), subject, spared);
		});
	}

	async #firstAlive(names: AsyncIterable<SessionName | undefined>): Promise<{given: string | undefined} | undefined> {
		for await (const name of names) {
			const given = name && this.#prefix + handleNamed(name);
			if (given === undefined || !(await this.#records.hasEnded(given))) return {given};
		}
		return undefined;
	}

	/** Ends one session, unless it is somebody else's. Resolves to how many: 1 or 0. */
	async revokeOne(subject: string, name: SessionName): Promise<number> {
		const handle = handleNamed(name);
		if (!isHandle(handle)) return 0;
		return this.#endEach([this.#prefix + handle], subject);
	}

	/** A store may be shared: another application's records have another prefix. */
	async *keysOf(subject: string): AsyncGenerator<string, void, undefined> {
		const prefix = this.#prefix;
		for await (const key of this.#store.bySubject(subject)) {
			if (key.startsWith(prefix) && isHandle(key.slice(prefix.length))) yield key;
		}
	}
}

/**
The most recent first. A total order: where two sessions were seen at the same time, the later one comes first, and
otherwise their handles decide, so that every process ends the same ones.
*/
const byRecency = (one: ListedSession, other: ListedSession): number =>
	other.lastSeenAt.getTime() - one.lastSeenAt.getTime() ||
	other.createdAt.getTime() - one.createdAt.getTime() ||
	(one.handle < other.handle ? -1 : 1);
