import type {Codec, Envelope} from '../codec.ts';
import {publish} from '../events.ts';
import type {ReadOptions, Version, VersionedRecord} from '../store.ts';
import {handleOf} from '../tokens/identifier.ts';
import {Claims} from './claims.ts';
import {Contest} from './contest.ts';
import {
	datesOf,
	dueExpiry,
	dueUse,
	hasExpired,
	type Lifetime,
	nextExpiry,
	type SessionDates,
	type TimeoutOptions,
	timeoutsOf,
} from './expiry.ts';
import type {GuardedStore} from './guarded-store.ts';
import {Queue} from './queue.ts';
import {RecentSessions} from './recent-sessions.ts';
import {encodeNew, type Replacement, type State, StoredSession, type Written} from './stored-session.ts';
import {isTombstone, tombstone, tombstoneLife} from './tombstone.ts';
import {tooLarge} from './too-large.ts';
import {type EndOptions, Trail} from './trail.ts';
import {reportUndecodable} from './undecodable.ts';

/** Why no session is found. `ended`: no live record; `moved`: a tombstone; `undecodable`: an event is published. */
export type Absence = 'ended' | 'moved' | 'undecodable';

/** Sessions in the store: what any request can do with one record. Knows no request. */
export class Records {
	readonly timeouts: TimeoutOptions;

	/** The writers of this process. */
	readonly queue = new Queue();
	readonly claims: Claims;

	readonly #store: GuardedStore;
	readonly #codec: Codec<Envelope>;
	readonly #prefix: string;

	/** What is known without asking the store. */
	readonly recent = new RecentSessions();

	constructor(store: GuardedStore, codec: Codec<Envelope>, prefix: string, timeouts: TimeoutOptions) {
		this.#store = store;
		this.claims = new Claims(store);
		this.#codec = codec;
		this.#prefix = prefix;
		this.timeouts = timeouts;
	}

	/** The key of an id. */
	keyOf(id: string): string {
		return this.#prefix + handleOf(id);
	}

	/** The handle of the session under a key. */
	handleIn(key: string): string {
		return key.slice(this.#prefix.length);
	}

	/** Names a session in events: the first 8 characters of its handle. */
	nameOf(key: string): string {
		return key.slice(this.#prefix.length, this.#prefix.length + 8);
	}

	/** Reads a session. */
	read(id: string, key: string, options?: ReadOptions): Promise<StoredSession | Absence> {
		return this.#store.read(key, options).then(record => {
			if (record && !isTombstone(record.bytes)) return this.#open(id, key, record);
			if (!record) this.recent.miss(key);
			return record && record.expiresAt > Date.now() ? 'moved' : 'ended';
		});
	}

	/** A new trail, for one session or for one walk over many. */
	readonly trail = (): Trail => new Trail(this.#store);

	/** Reads the session that a key leads to now, by way of tombstones, for those who don't hold its id. */
	async readNewest(key: string, trail?: Trail): Promise<StoredSession | 'ended' | 'undecodable'> {
		const found = await (trail ?? this.trail()).follow(key);
		if (found) return this.#open('', found.key, found.record);
		// A trail of others may only have been here before.
		if (!trail) this.recent.miss(key);
		return 'ended';
	}

	/** Decodes a record, and checks the age of its session: the absolute timeout may have become shorter. */
	#open(id: string, key: string, record: VersionedRecord): StoredSession | 'ended' | 'undecodable' {
		const stored = new StoredSession(this.#codec, id, key, record);
		try {
			const session = stored.open();
			if (!hasExpired(record.expiresAt, session.createdAt, stored.knownAt, timeoutsOf(session, this.timeouts))) {
				this.recent.see(stored);
				return stored;
			}

			stored.abort();
			return 'ended';
		} catch (error) {
			reportUndecodable(this.nameOf(key), error);
			return 'undecodable';
		}
	}

	/** Stores a session under a new id, until `latest` at most. `taken`: draw another id. `undefined`: the codec keeps nothing. */
	async create(id: string, state: State, latest = Infinity): Promise<StoredSession | 'taken' | undefined> {
		const key = this.keyOf(id);
		const bytes = encodeNew(this.#codec, key, state);
		if (!bytes) return undefined;

		const record = {bytes, expiresAt: Math.min(this.nextExpiry(state), latest), subject: state.subject};
		if (!this.#store.isOpen) await this.#store.open();
		this.checkSize(key, bytes, state);
		const version = await this.#store.create(key, record);
		if (version === undefined) return 'taken';
		this.recent.begin(key);
		publish('create', () => ({session: this.nameOf(key), bytes: bytes.length}));
		return this.recent.see(new StoredSession(this.#codec, id, key, {...record, version}, state));
	}

	/** Replaces a session if it is still as this request knows it. First waits until no other process claims it. */
	async replace(stored: StoredSession, replacement: Replacement): Promise<Written> {
		const {bytes, expiresAt, state, comparesExpiry = false} = replacement;
		const {id, key, record: known} = stored;
		if (stored.claim && !(await this.claims.outlast(stored))) return 'conflict';
		const record = {bytes, expiresAt, subject: state.subject};
		this.checkSize(key, bytes, state);
		// A write that extends nothing must not undo another request's touch.
		const knownExpiry = comparesExpiry || expiresAt === known.expiresAt ? known.expiresAt : undefined;
		const result = await this.#store.update(key, record, known.version, knownExpiry);
		if (result === 'missing') this.recent.miss(key);
		if (typeof result === 'string') return result;

		if (expiresAt < known.expiresAt) this.recent.shorten(key);
		publish('update', () => ({session: this.nameOf(key), bytes: bytes.length}));
		return this.recent.see(new StoredSession(this.#codec, id, key, {...record, ...result}, state));
	}

	/** Replaces a session, encoded afresh instead of through the passage that read it. `undefined`: the codec keeps nothing. */
	async rewrite(known: StoredSession, state: State, expiresAt = known.record.expiresAt): Promise<Written | undefined> {
		const bytes = encodeNew(this.#codec, known.key, state);
		return bytes && this.replace(known, {bytes, expiresAt, state});
	}

	/** Moves a session's expiry if the session is still as this request knows it. */
	async touch(stored: StoredSession, expiresAt: number): Promise<StoredSession | 'conflict'> {
		const {id, key, record} = stored;
		if (!(await this.#store.touch(key, expiresAt, record.version))) return 'conflict';
		if (expiresAt < record.expiresAt) this.recent.shorten(key);

		publish('touch', () => ({session: this.nameOf(key), expiresAt}));
		return this.recent.see(new StoredSession(this.#codec, id, key, {...record, expiresAt}, stored.facts));
	}

	/** Whether this process has seen the session lately, and it has ended since. One that moved lives on. */
	async hasEnded(key: string): Promise<boolean> {
		return this.recent.hasSeen(key) && !(await this.#store.read(key));
	}

	/**
	Turns a session's record into a tombstone that points to its successor.

	It keeps the subject: a walk over the subject's records that began earlier may see neither the old record nor a successor
	that was added after it had passed, and a logout everywhere would miss the session.
	*/
	async bury(stored: StoredSession, successor: string): Promise<'buried' | 'conflict' | 'missing'> {
		const {key, record} = stored;
		const {subject, version} = record;
		const buried = {bytes: tombstone(successor), expiresAt: Date.now() + tombstoneLife, subject};
		const result = await this.#store.update(key, buried, version);
		if (typeof result === 'string') return result;

		this.recent.lose(key);
		publish('regenerate', () => ({session: this.nameOf(key), successor: this.nameOf(successor)}));
		return 'buried';
	}

	/**
	Ends a session for good, even one that moves to another id at the same moment.

	The record is deleted only in the state that was read. A tombstone stays, and the session that it leads to ends
	instead.

	@param isMeant Asked about the session that is found in the end.
	@returns The key of the session that this call ended. `undefined` if it ended none, which is also possible for a delete
	that the store's client sent twice.
	*/
	async end(key: string, options: EndOptions = {}): Promise<string | undefined> {
		const {version, isMeant = () => true, trail = this.trail()} = options;
		if (version !== undefined && (await this.#delete(key, version))) return key;

		const contest = new Contest(this.queue, {}, {isUrgent: true});
		try {
			if (version !== undefined) await contest.waitToRetry(key);
			for (let current = key; ; ) {
				const found = await trail.follow(current);
				// It may be this call that ended it, if the store's client sent the delete twice.
				if (!found) this.recent.lose(current);
				if (!found || !isMeant(found.key, found.record)) return undefined;
				if (await trail.step(() => this.#delete(found.key, found.record.version))) return found.key;

				current = found.key;
				await contest.waitToRetry(current);
			}
		} finally {
			contest.end();
		}
	}

	/** Deletes a record whose id was told to no client. */
	async deleteUntold({key}: StoredSession): Promise<void> {
		await this.#store.delete(key);
	}

	/** @throws SessionError `ERR_SESSION_TOO_LARGE` */
	checkSize(key: string, bytes: Uint8Array, state: State): void {
		const {maxBytes} = this.#store;
		if (maxBytes !== undefined && bytes.length > maxBytes) throw tooLarge(this.#codec, key, bytes, maxBytes, state);
	}

	/** When a session ends that is used now, or was at another time. */
	nextExpiry(session: Lifetime, usedAt = Date.now()): number {
		return nextExpiry(session.createdAt, usedAt, timeoutsOf(session, this.timeouts));
	}

	/** The expiry of a session that is extended now. */
	dueExpiry(expiresAt: number, session: Lifetime, usedAt = Date.now()): number | undefined {
		return dueExpiry(expiresAt, session, usedAt, timeoutsOf(session, this.timeouts));
	}

	/** The time of a use that no expiry shows. */
	dueUse(expiresAt: number, session: Lifetime, usedAt = Date.now()): number | undefined {
		return dueUse(expiresAt, session, usedAt, timeoutsOf(session, this.timeouts));
	}

	/** When a session began, was last used and ends: one that is stored, or one that begins with this request. */
	datesOf(session: StoredSession | Lifetime): SessionDates {
		if (!(session instanceof StoredSession)) return datesOf(this.nextExpiry(session), session, this.timeouts);
		return datesOf(session.record.expiresAt, session.facts, this.timeouts);
	}

	async #delete(key: string, version: Version): Promise<boolean> {
		if (!(await this.#store.delete(key, version))) return false;
		publish('destroy', () => ({session: this.nameOf(key)}));
		this.recent.lose(key);
		return true;
	}
}
