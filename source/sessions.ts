import type {Codec, Envelope} from './codec.ts';
import {isStoreFault} from './errors.ts';
import {publish} from './events.ts';
import {checkOneOf} from './options/checks.ts';
import type {Duration} from './options/duration.ts';
import {AllSessions} from './records/all-sessions.ts';
import {idTaken, nothingKept} from './records/errors.ts';
import type {SessionDates, TimeoutOptions} from './records/expiry.ts';
import {GuardedStore} from './records/guarded-store.ts';
import {type Absence, Records} from './records/records.ts';
import {handleNamed, type SessionName} from './records/session-name.ts';
import type {StoredSession} from './records/stored-session.ts';
import {Subjects} from './records/subjects.ts';
import {isLiveSession} from './records/tombstone.ts';
import {checkSubject} from './request/arguments.ts';
import {finishLate} from './request/commit.ts';
import type {Device, Exchange, Token} from './request/exchange.ts';
import {followHead} from './request/follow-head.ts';
import {JointWrites} from './request/joint-writes.ts';
import {judge} from './request/judge.ts';
import type {Merge} from './request/live-state.ts';
import {Members} from './request/members.ts';
import {checkTimeouts, readTimeout} from './request/own-timeouts.ts';
import {type RequestOptions, RequestSession} from './request/request-session.ts';
import {checkData} from './request/session-object.ts';
import type {Found} from './request/standing.ts';
import {type ChangeElsewhere, updateAllElsewhere, updateElsewhere} from './request/update-elsewhere.ts';
import type {Data} from './session.ts';
import type {ReadOptions, Store} from './store.ts';
import {isHandle} from './tokens/identifier.ts';
import type {Signer, Verified} from './tokens/signer.ts';

/** What `Sessions` is made from. */
export type SessionsOptions = TimeoutOptions & {
	readonly store: Store | (() => Promise<Store>);
	readonly codec: Codec<Envelope>;
	readonly signer: Signer;
	readonly prefix: string;
	readonly permanent: boolean;
	readonly merge: Merge;
	readonly storeTimeout: number;
	readonly onStoreError: 'throw' | 'anonymous';
};

/** What a session stored without a request has besides its data. */
export type NewSession = {
	readonly subject?: string;

	/** @default The option of the same name. */
	readonly permanent?: boolean;

	/** Its own idle timeout. @default The option of the same name. */
	readonly idleTimeout?: Duration | undefined;

	/** Its own absolute timeout. @default The option of the same name. */
	readonly absoluteTimeout?: Duration | undefined;
};

/** A request begins with what is nearby, if the store keeps copies. */
const nearby: ReadOptions = {mayBeOld: true};

/** How a token came. */
type Way = {readonly transport: string; readonly device: Device | undefined};

/** How many tokens of one request are looked up. A browser sends more than one only where domains or paths differ. */
const maxTokens = 8;

/** All sessions of a middleware: finds the one that a request's tokens name, and does what needs no request. No Koa. */
export class Sessions {
	readonly records: Records;

	/** The sessions of each subject. */
	readonly subjects: Subjects;

	/** All sessions, of any subject or none. */
	readonly all: AllSessions;

	readonly #options: SessionsOptions;
	readonly #store: GuardedStore;
	readonly #requestOptions: RequestOptions;

	constructor(options: SessionsOptions) {
		const {store, storeTimeout, codec, prefix, merge, permanent} = options;
		this.#options = options;
		this.#store = new GuardedStore(store, storeTimeout, key => this.records.nameOf(key));
		this.records = new Records(this.#store, codec, prefix, options);
		this.subjects = new Subjects(this.#store, this.records, options);
		this.all = new AllSessions(this.#store, this.records, options);
		const writes = new JointWrites();
		this.#requestOptions = {
			records: this.records,
			merge,
			permanent,
			isTolerant: this.#isTolerant,
			write: (request, from, replacement) => writes.write(request, from, replacement),
			toMembers: request => new Members(request),
			finishLate,
			followHead,
		};
	}

	/** Makes the session of a request, before its tokens are read. */
	begin(owner: object, exchange: Exchange): RequestSession {
		return new RequestSession(owner, exchange, this.#requestOptions);
	}

	/**
	Loads the session that a request's tokens name. If several tokens verify, the first stored session counts.

	@param device The device's side of the request. Absent: bindings don't count.
	@param reading How exact the read is.
	*/
	async find(tokens: readonly Token[], device?: Device, reading: ReadOptions = nearby): Promise<Found> {
		const tried: string[] = [];
		let missed: {readonly why: Absence; readonly key: string; readonly transport: string} | undefined;
		try {
			for (const token of tokens) {
				const verified = this.#verify(token);
				if (!verified || tried.includes(verified.id)) continue;
				if (tried.length === maxTokens) break;

				const {id, key} = verified;
				const {transport} = token;
				const stored = await this.records.read(id, key, reading);
				if (typeof stored !== 'string') return this.#found(stored, verified, {transport, device});

				this.#reportMiss(key, stored);
				tried.push(id);
				// A session that is gone decides nothing.
				if (!missed || missed.why === 'ended') missed = {why: stored, key, transport};
			}
		} catch (error) {
			if (!this.#isTolerant || !isStoreFault(error)) throw error;
			return {standing: {kind: 'unavailable', cause: error}};
		}

		if (!missed) return {standing: {kind: 'new'}};
		const {why, key, transport} = missed;
		return {standing: why === 'moved' ? {kind: 'lost', reason: why, oldKey: key} : {kind: 'new'}, transport};
	}

	/** Finds the session of a bare request's tokens, for reading only. */
	async read(
		tokens: readonly Token[],
		device: Device | undefined,
	): Promise<{readonly stored: StoredSession; readonly isBound: boolean} | undefined> {
		const {standing, proof} = await this.find(tokens, device, {});
		if (standing.kind !== 'stored') return undefined;
		return {stored: standing.stored, isBound: proof === 'given' || proof === 'confirming'};
	}

	/** When a session began, was last used and ends. */
	datesOf(stored: StoredSession): SessionDates {
		return this.records.datesOf(stored);
	}

	/** Stores a session without a request, under a new id. */
	async create(id: string, data: Data, options: NewSession): Promise<void> {
		const {subject, permanent = this.#options.permanent} = options;
		checkSubject(subject);
		checkOneOf('permanent', permanent, [true, false]);
		const idleTimeout = readTimeout('idleTimeout', options.idleTimeout);
		const absoluteTimeout = readTimeout('absoluteTimeout', options.absoluteTimeout);
		const lifetime = {createdAt: Date.now(), idleTimeout, absoluteTimeout};
		checkTimeouts(lifetime, undefined, this.#options);
		const created = await this.records.create(id, {...lifetime, permanent, subject, data: checkData(data)});
		if (!created) throw nothingKept();
		if (created === 'taken') throw idTaken();
	}

	/** Changes one session, under whichever id it has now. Resolves to whether it lived. */
	async update(name: SessionName, change: ChangeElsewhere): Promise<boolean> {
		const key = this.#keyOf(name);
		return key !== undefined && updateElsewhere(this.records, key, change);
	}

	/** Changes all of a subject's sessions. Resolves to how many. */
	updateAll(subject: string, change: ChangeElsewhere): Promise<number> {
		return updateAllElsewhere(this.records, this.subjects.keysOf(subject), subject, change);
	}

	/** Ends one session. Does nothing if there is none. */
	async destroy(name: SessionName): Promise<void> {
		const key = this.#keyOf(name);
		if (key !== undefined) await this.records.end(key);
	}

	/** Whether a session is alive, by one read and without decoding it. */
	async isAlive(name: SessionName): Promise<boolean> {
		const key = this.#keyOf(name);
		return key !== undefined && isLiveSession(await this.#store.read(key));
	}

	/** Deletes expired records now, in batches. Resolves to how many. */
	prune(): Promise<number> {
		return this.#store.prune();
	}

	/** Closes the store, if it was ever opened. */
	close(): Promise<void> {
		return this.#store.close();
	}

	#keyOf(name: SessionName): string | undefined {
		const handle = handleNamed(name);
		return isHandle(handle) ? this.#options.prefix + handle : undefined;
	}

	get #isTolerant(): boolean {
		return this.#options.onStoreError === 'anonymous';
	}

	#verify({text, transport}: Token): Verified | undefined {
		const verified = this.#options.signer.verify(text, transport);
		if (typeof verified !== 'string') return verified;

		publish('refused', () => ({reason: verified}));
		return undefined;
	}

	/** An undecodable record has an event of its own. */
	#reportMiss(key: string, why: Absence): void {
		if (why === 'undecodable') return;
		const reason = why === 'moved' ? why : 'gone';
		publish('missed', () => ({session: this.records.nameOf(key), reason}));
	}

	#found(stored: StoredSession, {id, isStale}: Verified, {transport, device}: Way): Found {
		const {expiresAt} = stored.record;
		const held = {id, expiresAt, permanent: stored.facts.permanent, isStale};
		const proof = judge(this.records, stored, device);
		if (proof === 'refused') return {standing: {kind: 'lost', reason: 'unproven', was: stored}, held, transport};

		publish('load', () => ({session: this.records.nameOf(stored.key)}));
		return {standing: {kind: 'stored', stored}, held, transport, proof};
	}
}
