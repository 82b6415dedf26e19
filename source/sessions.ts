import type {Codec, Envelope} from './codec.ts';
import {isStoreFault, SessionError} from './errors.ts';
import {publish} from './events.ts';
import {checkOneOf} from './options/checks.ts';
import {lastSeen} from './records/expiry.ts';
import {GuardedStore} from './records/guarded-store.ts';
import {Lease} from './records/lease.ts';
import type {ListedSession} from './records/listed-session.ts';
import {Records} from './records/records.ts';
import {handleNamed, type SessionName} from './records/session-name.ts';
import type {StoredSession} from './records/stored-session.ts';
import {isLiveSession} from './records/tombstone.ts';
import {checkSubject} from './request/arguments.ts';
import {finishLate} from './request/commit.ts';
import type {Exchange, Token} from './request/exchange.ts';
import type {Merge} from './request/live-state.ts';
import {Members} from './request/members.ts';
import {type RequestOptions, RequestSession} from './request/request-session.ts';
import {checkData} from './request/session-object.ts';
import type {Found} from './request/standing.ts';
import type {Data} from './session.ts';
import type {Store} from './store.ts';
import {isHandle} from './tokens/identifier.ts';
import type {Signer, Verified} from './tokens/signer.ts';

/** What `Sessions` is made from. */
export type SessionsOptions = {
	readonly store: Store | (() => Promise<Store>);
	readonly codec: Codec<Envelope>;
	readonly signer: Signer;
	readonly prefix: string;
	readonly permanent: boolean;
	readonly idleTimeout: number;
	readonly absoluteTimeout: number;
	readonly touchAfter: number;
	readonly merge: Merge;
	readonly storeTimeout: number;
	readonly onStoreError: 'throw' | 'anonymous';
};

/** What a session stored without a request has besides its data. */
export type NewSession = {
	readonly subject?: string;

	/** @default The option of the same name. */
	readonly permanent?: boolean;
};

/** How many tokens of one request are looked up. A browser sends more than one only where domains or paths differ. */
const maxTokens = 8;

/** All sessions of a middleware: finds the one that a request's tokens name, and does what needs no request. No Koa. */
export class Sessions {
	readonly #options: SessionsOptions;
	readonly #store: GuardedStore;
	readonly #records: Records;
	readonly #requestOptions: RequestOptions;

	constructor(options: SessionsOptions) {
		const {store, storeTimeout, codec, prefix, merge, permanent} = options;
		this.#options = options;
		this.#store = new GuardedStore(store, storeTimeout, key => this.#records.nameOf(key));
		this.#records = new Records(this.#store, codec, prefix, options);
		this.#requestOptions = {
			records: this.#records,
			merge,
			permanent,
			isTolerant: this.#isTolerant,
			toMembers: request => new Members(request),
			finishLate,
		};
	}

	/** Makes the session of a request, before its tokens are read. */
	begin(owner: object, exchange: Exchange): RequestSession {
		return new RequestSession(owner, exchange, this.#requestOptions);
	}

	/** Loads the session that a request's tokens name. If several tokens verify, the first stored session counts. */
	async find(tokens: readonly Token[]): Promise<Found> {
		const tried: string[] = [];
		let found: Found = {standing: {kind: 'new'}};
		let isDecided = false;
		try {
			for (const token of tokens) {
				const verified = this.#verify(token);
				if (!verified || tried.includes(verified.id)) continue;
				if (tried.length === maxTokens) break;

				const {transport} = token;
				const stored = await this.#records.read(verified.id, this.#options.prefix + verified.handle);
				if (typeof stored !== 'string') return this.#found(stored, verified, transport);

				tried.push(verified.id);
				if (isDecided) continue;
				found = {standing: stored === 'moved' ? {kind: 'lost', reason: stored} : {kind: 'new'}, transport};
				// If this session is gone, a later token may decide.
				isDecided = stored !== 'ended';
			}
		} catch (error) {
			if (!this.#isTolerant || !isStoreFault(error)) throw error;
			return {standing: {kind: 'unavailable', cause: error}};
		}

		return found;
	}

	/** Finds the session of a bare request's tokens, for reading only. */
	async read(tokens: readonly Token[]): Promise<StoredSession | undefined> {
		const {standing} = await this.find(tokens);
		return standing.kind === 'stored' ? standing.stored : undefined;
	}

	/** Stores a session without a request, under a new id. */
	async create(id: string, data: Data, {subject, permanent = this.#options.permanent}: NewSession): Promise<void> {
		checkSubject(subject);
		checkOneOf('permanent', permanent, [true, false]);
		const created = await this.#records.create(id, {createdAt: Date.now(), permanent, subject, data: checkData(data)});
		if (created && created !== 'taken') return;
		throw new SessionError(
			'ERR_SESSION_STORE',
			'The session was not stored: its codec keeps nothing, or its id is taken',
		);
	}

	/** Lists a subject's live sessions. */
	async *list(subject: string): AsyncGenerator<ListedSession, void, undefined> {
		for await (const key of this.#keysOf(subject)) {
			const stored = await this.#records.read('', key);
			if (typeof stored === 'string' || stored.record.subject !== subject) continue;

			const {createdAt, data} = stored.open();
			const {expiresAt} = stored.record;
			stored.abort();
			yield {
				handle: key.slice(this.#options.prefix.length),
				createdAt: new Date(createdAt),
				lastSeenAt: new Date(lastSeen(expiresAt, createdAt, this.#options)),
				expiresAt: new Date(expiresAt),
				data,
			};
		}
	}

	/** Ends all of a subject's sessions except `except`. Resolves to how many. */
	async revoke(subject: string, except: SessionName | undefined): Promise<number> {
		if (except) return this.#revokeOthers(subject, this.#options.prefix + handleNamed(except));

		let revoked = 0;
		for await (const key of this.#keysOf(subject)) if (await this.#endOf(subject, key)) revoked++;
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

		const lease = new Lease(this.#store, this.#records.keyOf(`revoke ${subject}`), 3 * this.#options.storeTimeout);
		await lease.take();
		try {
			if (await this.#records.hasEnded(spared)) return 0;

			let revoked = 0;
			for (const key of others) {
				await lease.extend();
				if (await this.#endOf(subject, key, spared)) revoked++;
			}

			return revoked;
		} finally {
			await lease.release();
		}
	}

	/** Ends a subject's session. A tombstone may lead to the spared one, or to one that is somebody else's by now. */
	#endOf(subject: string, key: string, spared?: string): Promise<boolean> {
		return this.#records.end(key, {
			isMeant: (found, record) => found !== spared && record.subject === subject,
		});
	}

	/** Ends one session, unless it is somebody else's. Resolves to how many: 1 or 0. */
	async revokeOne(subject: string, name: SessionName): Promise<number> {
		const key = this.#keyOf(name);
		if (key === undefined) return 0;
		return (await this.#endOf(subject, key)) ? 1 : 0;
	}

	/** Ends one session. Does nothing if there is none. */
	async destroy(name: SessionName): Promise<void> {
		const key = this.#keyOf(name);
		if (key !== undefined) await this.#records.end(key);
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

	/** A store may be shared: another application's records have another prefix. */
	async *#keysOf(subject: string): AsyncGenerator<string, void, undefined> {
		const {prefix} = this.#options;
		for await (const key of this.#store.bySubject(subject)) {
			if (key.startsWith(prefix) && isHandle(key.slice(prefix.length))) yield key;
		}
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

	#found(stored: StoredSession, {id, isStale}: Verified, transport: string): Found {
		publish('load', () => ({session: this.#records.nameOf(stored.key)}));
		const {expiresAt} = stored.record;
		return {standing: {kind: 'stored', stored}, held: {id, expiresAt, permanent: stored.permanent, isStale}, transport};
	}
}
