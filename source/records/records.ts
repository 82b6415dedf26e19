import type {Codec, Envelope} from '../codec.ts';
import {publish} from '../events.ts';
import type {SessionRecord, Version, VersionedRecord} from '../store.ts';
import {handleOf} from '../tokens/identifier.ts';
import {backOff} from './back-off.ts';
import {hasExpired, isTouchDue, nextExpiry, type Timeouts} from './expiry.ts';
import type {GuardedStore} from './guarded-store.ts';
import {encodeNew, type State, StoredSession} from './stored-session.ts';
import {isTombstone, successorOf, tombstone, tombstoneLife} from './tombstone.ts';
import {tooLarge} from './too-large.ts';
import {reportUndecodable} from './undecodable.ts';

/** Which session to end. */
export type EndOptions = {
	/** The version that the caller knows, which spares a read. */
	readonly version?: Version;
	readonly isMeant?: (key: string, record: VersionedRecord) => boolean;
};

/** Sessions in the store: what can be done with one record, whichever request asks. Knows no request. */
export class Records {
	readonly timeouts: Timeouts;
	readonly #store: GuardedStore;
	readonly #codec: Codec<Envelope>;
	readonly #prefix: string;

	constructor(store: GuardedStore, codec: Codec<Envelope>, prefix: string, timeouts: Timeouts) {
		this.#store = store;
		this.#codec = codec;
		this.#prefix = prefix;
		this.timeouts = timeouts;
	}

	/** The key of an id. */
	keyOf(id: string): string {
		return this.#prefix + handleOf(id);
	}

	/** Names a session in events: the first 8 characters of its hash. */
	nameOf(key: string): string {
		return key.slice(this.#prefix.length, this.#prefix.length + 8);
	}

	/** Reads a session. `ended`: no live record; `moved`: a tombstone; `undecodable`: an event tells. */
	async read(id: string, key: string): Promise<StoredSession | 'ended' | 'moved' | 'undecodable'> {
		const record = await this.#store.read(key);
		if (!record || record.expiresAt <= Date.now()) return 'ended';
		if (isTombstone(record.bytes)) return successorOf(record.bytes) === undefined ? 'ended' : 'moved';

		const stored = new StoredSession(this.#codec, id, key, record);
		try {
			const {createdAt} = stored.open();
			if (!hasExpired(record.expiresAt, createdAt, Date.now(), this.timeouts)) return stored;
			stored.abort();
			return 'ended';
		} catch (error) {
			reportUndecodable(this.nameOf(key), error);
			return 'undecodable';
		}
	}

	/** Stores a session under a new id. `taken`: draw another; `undefined`: the codec keeps nothing of it. */
	async create(id: string, state: State): Promise<StoredSession | 'taken' | undefined> {
		const key = this.keyOf(id);
		const bytes = encodeNew(this.#codec, key, state);
		if (!bytes) return undefined;

		const record = toRecord(bytes, this.nextExpiry(state.createdAt), state.subject);
		if (!this.#store.isOpen) await this.#store.open();
		this.#checkSize(key, bytes, state);
		const version = await this.#store.create(key, record);
		if (version === undefined) return 'taken';

		publish('create', () => ({session: this.nameOf(key), bytes: bytes.length}));
		return new StoredSession(this.#codec, id, key, {...record, version}, state.permanent);
	}

	/** Replaces a session, if it still is as this request knows it. */
	async replace(
		stored: StoredSession,
		bytes: Uint8Array,
		expiresAt: number,
		state: State,
	): Promise<StoredSession | 'conflict' | 'missing'> {
		const {id, key} = stored;
		const record = toRecord(bytes, expiresAt, state.subject);
		this.#checkSize(key, bytes, state);
		const version = await this.#store.update(key, record, stored.record.version);
		if (version === 'conflict' || version === 'missing') return version;

		publish('update', () => ({session: this.nameOf(key), bytes: bytes.length}));
		return new StoredSession(this.#codec, id, key, {...record, version}, state.permanent);
	}

	/** Replaces a session that no client knows of yet. */
	async rewrite(stored: StoredSession, state: State): Promise<StoredSession | 'conflict' | 'missing' | undefined> {
		const bytes = encodeNew(this.#codec, stored.key, state);
		return bytes && this.replace(stored, bytes, stored.record.expiresAt, state);
	}

	/** Moves a session's expiry, if it still is as this request knows it. */
	async touch(stored: StoredSession, expiresAt: number): Promise<StoredSession | 'conflict'> {
		const {id, key, record} = stored;
		if (!(await this.#store.touch(key, expiresAt, record.version))) return 'conflict';

		publish('touch', () => ({session: this.nameOf(key), expiresAt}));
		return new StoredSession(this.#codec, id, key, {...record, expiresAt}, stored.permanent);
	}

	/** Tells whether nobody wrote the session since this request knew it. */
	async isNewest({key, record}: StoredSession): Promise<boolean> {
		return (await this.#store.read(key))?.version === record.version;
	}

	/**
	Turns a session's record into a tombstone that points to its successor.

	It keeps the subject: a walk over the subject's records that began before may see neither this one nor a successor that
	came in behind it, and a log-out everywhere would miss the session.
	*/
	async bury(stored: StoredSession, successor: string): Promise<'buried' | 'conflict' | 'missing'> {
		const record = toRecord(tombstone(successor), Date.now() + tombstoneLife, stored.record.subject);
		const version = await this.#store.update(stored.key, record, stored.record.version);
		if (version === 'conflict' || version === 'missing') return version;

		publish('regenerate', () => ({session: this.nameOf(stored.key), successor: this.nameOf(successor)}));
		return 'buried';
	}

	/**
	Ends a session for good, also one that moves to another id at the same moment.

	A plain delete could hit the tombstone of a session that lives on under its new id; so the record is marked as ended
	by compare-and-swap first, and a tombstone's successor is ended in its place.

	@param isMeant Asked of the session that is found in the end.
	@returns Whether it was this call that ended one.
	*/
	async end(key: string, {version, isMeant = () => true}: EndOptions = {}): Promise<boolean> {
		let [current, known] = [key, version];
		for (let tries = 1; ; tries++) {
			if (known === undefined) {
				const record = await this.#store.read(current);
				if (!record) return false;

				if (isTombstone(record.bytes)) {
					const successor = successorOf(record.bytes);
					if (successor === undefined) return false;
					current = successor;
					continue;
				}

				if (!isMeant(current, record)) return false;
				known = record.version;
			}

			const ended = {bytes: tombstone(), expiresAt: Date.now() + tombstoneLife};
			const answer = await this.#store.update(current, ended, known);
			if (answer === 'conflict') {
				await backOff(tries);
				known = undefined;
				continue;
			}

			if (answer === 'missing') return false;
			publish('destroy', () => ({session: this.nameOf(current)}));
			await this.#store.delete(current);
			return true;
		}
	}

	/** Removes a record that no client knows of. */
	discard(stored: StoredSession): Promise<void> {
		return this.#store.delete(stored.key);
	}

	/** When a session that is used now ends. */
	nextExpiry(createdAt: number): number {
		return nextExpiry(createdAt, Date.now(), this.timeouts);
	}

	/** The expiry of a session that is extended now; `undefined` while that isn't worth it. */
	dueExpiry(expiresAt: number, createdAt: number): number | undefined {
		const now = Date.now();
		return isTouchDue(expiresAt, createdAt, now, this.timeouts) ? nextExpiry(createdAt, now, this.timeouts) : undefined;
	}

	#checkSize(key: string, bytes: Uint8Array, state: State): void {
		const {maxBytes} = this.#store;
		if (maxBytes !== undefined && bytes.length > maxBytes) throw tooLarge(this.#codec, key, bytes, maxBytes, state);
	}
}

const toRecord = (bytes: Uint8Array, expiresAt: number, subject: string | undefined): SessionRecord =>
	subject === undefined ? {bytes, expiresAt} : {bytes, expiresAt, subject};
