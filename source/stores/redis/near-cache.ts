import {checkInteger, checkObject} from '../../options/checks.ts';
import {type Duration, readDuration} from '../../options/duration.ts';
import {called, checkNames} from '../../options/names.ts';
import type {VersionedRecord} from '../../store.ts';
import {warnOnce} from '../../warning.ts';
import {Recency, type Used} from '../shared/recency.ts';
import {isLive} from '../shared/record.ts';
import {toRecord} from './record.ts';
import {type TrackedClient, Tracking} from './tracking.ts';

/** Options of the near cache: see `RedisStoreOptions`. */
export type NearCacheOptions = {
	/**
	The most copies to keep, a positive integer. One more removes the one that was not read for the longest time. A copy
	takes the bytes and the subject of its record and about 600 more.

	@default 10_000
	*/
	readonly maxEntries?: number;

	/** How old a copy may become, from 100 ms to a minute. @default '5s' */
	readonly maxAge?: Duration;
};

/** A record that is being read, or that was read. It counts until `until`, and only as long as it is in the cache. */
type Copy = {readonly until: number} & (
	| {readonly kind: 'loading'; readonly record: Promise<VersionedRecord | undefined>}
	| {readonly kind: 'loaded'; readonly record: VersionedRecord}
);

/** How long to wait after a loss before the next try, in milliseconds. After each try that fails, twice as long. */
const [shortestPause, longestPause] = [1000, 60_000];

/** What a server answers that can't track, or may not. But the connection that is to hear of changes may be lost by then. */
const isRefusal = (error: unknown): boolean =>
	error instanceof Error && /^(?:ERR(?! The client ID you want redirect to)|NOPERM)\b/.test(error.message);

/**
Copies of records in Redis, in the memory of this process. Redis says which of them have changed.

A copy is dropped when Redis says so, when this process writes the record, when it is `maxAge` old, and with all others
when a connection is lost. While there is no tracking, nothing is copied and nothing is answered.
*/
export class NearCache {
	readonly #findClient: () => Promise<TrackedClient>;
	readonly #maxEntries: number;
	readonly #maxAge: number;
	readonly #copies = new Recency<Copy>();
	#tracking: Tracking | undefined;

	/** The one that was made last, also while it starts. */
	#newest: Tracking | undefined;
	#state: 'idle' | 'starting' | 'refused' | 'closed' = 'idle';
	#pause = shortestPause;
	#nextTry = Number.NEGATIVE_INFINITY;

	/** @throws TypeError, RangeError If an option isn't what it should be. */
	constructor(findClient: () => Promise<TrackedClient>, options: NearCacheOptions | true) {
		const given = options === true ? {} : options;
		checkObject('nearCache', given, "`true` or an object such as `{maxAge: '5s'}`");
		checkNames(given, ['maxEntries', 'maxAge'], {
			within: 'nearCache.',
			remedies: {max: called('nearCache.maxEntries')},
		});
		const {maxEntries = 10_000, maxAge = '5s'} = given;
		const range = {least: 1, most: Number.MAX_SAFE_INTEGER, what: 'a positive integer'};
		this.#maxEntries = checkInteger('nearCache.maxEntries', maxEntries, range);
		this.#maxAge = readDuration('nearCache.maxAge', maxAge, {least: 100, most: 60_000});
		this.#findClient = findClient;
	}

	/**
	Gives a copy of a record, if there is one that counts. Sends the probe that is due.

	Without a promise, because most requests need nothing else.
	*/
	find(key: string): VersionedRecord | undefined {
		const now = performance.now();
		if (!this.#tracking?.isCurrent(now)) return undefined;

		const known = this.#copies.get(key);
		if (known?.value.kind !== 'loaded') return undefined;
		const {record, until} = known.value;
		if (now >= until || !isLive(record)) return undefined;
		this.#copies.use(known);
		return toOwn(record);
	}

	/** Reads a record that `find()` didn't find, and keeps a copy. `unknown`: ask Redis in the usual way. */
	async read(key: string): Promise<VersionedRecord | undefined | 'unknown'> {
		const now = performance.now();
		const tracking = this.#tracking;
		if (!tracking) {
			if (this.#state === 'idle' && now >= this.#nextTry) void this.#start();
			return 'unknown';
		}

		const copy = this.#copies.get(key)?.value;
		try {
			// A reply that is on its way is new enough for everyone.
			const isOnItsWay = copy?.kind === 'loading' && now < copy.until;
			const record = await (isOnItsWay ? copy.record : this.#load(tracking, key, now));
			return record && toOwn(record);
		} catch {
			tracking.close();
			// Also if it was lost before it was known here.
			if (this.#tracking === tracking) this.#lose();
			return 'unknown';
		}
	}

	/** Drops a copy: this process has written the record, or tried to. A read under way leaves none either. */
	drop(key: string): void {
		const known = this.#copies.get(key);
		if (known) this.#copies.remove(known);
	}

	/** Ends the connections. Nothing is answered afterwards. */
	close(): void {
		this.#state = 'closed';
		this.#newest?.close();
	}

	/** The copy is there before the record: if the record changes before the reply arrives, the copy is gone by then. */
	async #load(tracking: Tracking, key: string, now: number): Promise<VersionedRecord | undefined> {
		this.drop(key);
		const until = now + this.#maxAge;
		const loading = {kind: 'loading', record: tracking.read(key).then(toRecord), until} as const;
		this.#copies.add(key, loading);
		if (this.#copies.size > this.#maxEntries) this.#copies.remove(this.#copies.oldest as Used<Copy>);

		let record: VersionedRecord | undefined;
		try {
			record = await loading.record;
			return record;
		} finally {
			const added = this.#copies.get(key);
			if (added?.value === loading) {
				if (record) added.value = {kind: 'loaded', record: detached(record), until};
				else this.#copies.remove(added);
			}
		}
	}

	async #start(): Promise<void> {
		this.#state = 'starting';
		const isStarting = (): boolean => this.#state === 'starting';
		try {
			const client = await this.#findClient();
			if (!isStarting()) return;

			const tracking = new Tracking(client, {changed: keys => this.#dropAll(keys), lost: () => this.#lose()});
			this.#newest = tracking;
			await tracking.start();
			if (isStarting()) this.#tracking = tracking;
			this.#pause = shortestPause;
		} catch (error) {
			if (isRefusal(error) && isStarting()) return this.#refuse();
			this.#pause = Math.min(2 * this.#pause, longestPause);
			if (this.#pause === longestPause) warnOfFailures();
		}
		this.#nextTry = performance.now() + this.#pause;
		if (isStarting()) this.#state = 'idle';
	}

	#dropAll(keys: readonly string[] | undefined): void {
		if (!keys) this.#copies.clear();
		else for (const key of keys) this.drop(key);
	}

	#lose(): void {
		this.#tracking = undefined;
		this.#copies.clear();
		this.#nextTry = performance.now() + this.#pause;
	}

	#refuse(): void {
		this.#state = 'refused';
		warnOnce(
			'NEAR_CACHE',
			'Redis refused to track changes, so `nearCache` is off. It needs Redis 6 or newer without a proxy, and a user with ' +
				'the rights that docs/stores.md lists',
		);
	}
}

const warnOfFailures = (): void =>
	warnOnce(
		'NEAR_CACHE_AWAY',
		'The near cache could not begin to watch for changes, several times in a row. Without copies, it tries again each ' +
			'minute. Does its client reach one server, rather than several by turns?',
	);

/** The bytes are a part of the frame, and that of all that arrived with it. They would keep it as long as the copy lasts. */
const detached = (record: VersionedRecord): VersionedRecord => {
	const bytes = Buffer.allocUnsafeSlow(record.bytes.length);
	bytes.set(record.bytes);
	return {...record, bytes};
};

/** Each caller gets bytes of its own, and may change them. */
const toOwn = (record: VersionedRecord): VersionedRecord => ({...record, bytes: Buffer.from(record.bytes)});
