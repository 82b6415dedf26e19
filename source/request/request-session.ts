import {publish} from '../events.ts';
import {unavailable} from '../records/errors.ts';
import type {Records} from '../records/records.ts';
import type {State, StoredSession} from '../records/stored-session.ts';
import {Client} from './client.ts';
import type {ContextProperty} from './context-property.ts';
import type {Exchange} from './exchange.ts';
import {LiveState, type Merge} from './live-state.ts';
import {checkData, type SessionControl} from './session-object.ts';
import type {Found, LossReason, Standing} from './standing.ts';
import {Turns} from './turns.ts';

/** What all requests of a middleware share. */
export type RequestOptions = {
	readonly records: Records;
	readonly merge: Merge;
	readonly permanent: boolean;

	/** Whether a failing store costs no request that loses nothing by it. */
	readonly isTolerant: boolean;

	/** Makes what a route can do with a session, beside holding data. */
	readonly toMembers: (request: RequestSession) => SessionControl;

	/** Saves what changed after the commit. */
	readonly finishLate: (request: RequestSession) => Promise<void>;
};

/**
One request's session.

Its state is three values: where the session stands, what the client holds, and what the route sees. Each is replaced as
a whole. The acts on it are functions in files of their own: `commit`, `update`, `regeneration`, `adoption`.
*/
export class RequestSession implements ContextProperty {
	readonly owner: object;
	readonly client: Client;
	readonly options: RequestOptions;
	readonly turns = new Turns();
	standing: Standing = {kind: 'new'};

	/** What was not saved when the request ended, and was reported as lost. */
	dropped: State | undefined;

	#live: LiveState | undefined;

	/** What the route ended, and the store must still end. */
	readonly #toEnd: StoredSession[] = [];

	/** `finished`: committed, so whatever changes from now on is late. `watched`: somebody looks at what changes. */
	#phase: 'open' | 'finished' | 'watched' = 'open';

	constructor(owner: object, exchange: Exchange, options: RequestOptions) {
		this.owner = owner;
		this.client = new Client(exchange);
		this.options = options;
	}

	get records(): Records {
		return this.options.records;
	}

	get exchange(): Exchange {
		return this.client.exchange;
	}

	/** The names of what carries its token. */
	get transports(): readonly string[] {
		return this.exchange.names;
	}

	/** The session as it is stored, as far as this request knows. */
	get stored(): StoredSession | undefined {
		return this.standing.kind === 'stored' ? this.standing.stored : undefined;
	}

	/** What the route sees and changes. Made when it is first asked for. */
	get live(): LiveState {
		if (!this.#live) {
			const {toMembers, permanent} = this.options;
			const {stored} = this;
			this.#live = new LiveState(toMembers(this), permanent, stored?.id, stored?.open());
		}
		return this.#live;
	}

	/** Whether the route ever asked for the session. If not, it can't have changed it. */
	get isUsed(): boolean {
		return this.#live !== undefined;
	}

	/** Whether there is anything to commit. */
	get hasBegun(): boolean {
		return this.isUsed || this.standing.kind !== 'new';
	}

	/** Whether the route gave the session a new id that isn't written yet. */
	get isMoving(): boolean {
		return this.#live !== undefined && this.stored !== undefined && this.stored.id !== this.#live.id;
	}

	/** Whether the route ended a session. */
	get hasForgotten(): boolean {
		return this.#live?.followsEnded ?? false;
	}

	/** Names the session in events, without drawing an id for that alone. */
	get name(): string {
		return this.stored ? this.records.nameOf(this.stored.key) : '';
	}

	get(): unknown {
		this.exchange.vary();
		this.watch();
		return this.live.session;
	}

	/** @throws TypeError If it is neither a plain object nor `null`. */
	set(value: unknown): void {
		this.exchange.vary();
		this.watch();
		if (value === null) {
			this.turns.fault = undefined;
			this.forget();
		} else this.live.replaceData(checkData(value));
	}

	/** Goes on with what the request's tokens led to. Responses use the transport that carried the token. */
	begin({standing, held, transport}: Found): void {
		this.standing = standing;
		this.client.begin(held, transport);
		if (standing.kind !== 'stored') return;

		const {stored} = standing;
		this.client.announce(stored, this.records.dueExpiry(stored.record.expiresAt, stored.open().createdAt));
	}

	/**
	Lets the route begin another session where the request came with an old id: whoever regenerates there logs in.

	Else a client that never got the response with its new id could not log in for as long as tombstones stand.
	*/
	beginAnother(): void {
		const {standing} = this;
		if (standing.kind === 'lost' && standing.reason === 'moved' && !standing.was) this.standing = {kind: 'new'};
	}

	/** Takes the session from the route at once; `endForgotten()` takes it from the store. */
	forget(): void {
		const {standing} = this;
		const ended = standing.kind === 'lost' ? standing.was : this.stored;
		ended?.abort();
		if (ended) this.#toEnd.push(ended);
		// A token that was moved before this request began opens nothing, whatever is done with it.
		if (ended || (standing.kind === 'lost' && standing.reason === 'ended')) this.standing = {kind: 'new'};
		this.#live = this.live.end();
	}

	/** Ends in the store what the route ended. What fails is tried again at the next call. */
	async endForgotten(): Promise<void> {
		if (this.hasForgotten) this.checkAvailable();
		for (let [ended] = this.#toEnd; ended; [ended] = this.#toEnd) {
			await this.records.end(ended.key, {version: ended.record.version});
			this.#toEnd.shift();
		}
	}

	/** @throws SessionError If the session couldn't be loaded: what is asked for must not look done. */
	checkAvailable(): void {
		if (this.standing.kind === 'unavailable') throw unavailable(this.standing.cause);
	}

	/** Goes on with what was written. If the route ended that session in the meantime, it is ended in the store, too. */
	take(stored: StoredSession, live: LiveState | undefined): void {
		if (live !== this.#live && this.hasForgotten) {
			this.#toEnd.push(stored);
			return;
		}

		this.stored?.abort();
		this.standing = {kind: 'stored', stored};
		this.#live?.settle(stored.id);
	}

	/** Carries on a session that another library stored before. */
	adopt(stored: StoredSession): void {
		this.live.join({...stored.open(), id: stored.id}, this.options.merge);
		this.standing = {kind: 'stored', stored};
	}

	/** Gives up a session that another request ended or moved, or that can't go on in this one. */
	lose(lost: StoredSession, reason: LossReason, {hasChanges}: {readonly hasChanges: boolean}): void {
		// The route ended it while we waited for the store, and may have begun another one.
		if (this.stored !== lost) return;

		const session = this.name;
		if (hasChanges) publish('lost', () => ({session, reason}));
		lost.abort();
		// To end a session that moved is to end what it became.
		this.standing = reason === 'ended' ? {kind: 'lost', reason} : {kind: 'lost', reason, was: lost};
	}

	/** Brings in what was written since `base`, by others or by `update()`, and keeps what the route changed. */
	rebase(base: State, theirs: State): void {
		this.#live?.rebase(base, theirs, this.options.merge);
	}

	/**
	The expiry to write: a later one if that is due, else that of the record.

	A record never lives longer than its client knows, or an extension would be news that nobody brings: the next request
	could bring it, but to that one nothing is due. A cookie that ends with the browser needs no news.
	*/
	expiryOf({record: {expiresAt}}: StoredSession, {createdAt, permanent}: State): number {
		const due = this.records.dueExpiry(expiresAt, createdAt);
		if (due === undefined) return expiresAt;
		return permanent ? Math.min(due, this.client.latestExpiry(expiresAt)) : due;
	}

	/** Tells the client what it must learn. What the route ended isn't ended before the store says so. */
	tell(): void {
		this.client.tell(this.#toEnd.length === 0 ? this.standing : undefined);
	}

	/** Takes back what wasn't saved, since the request failed. What is changed from now on counts again. */
	drop(): void {
		if (!this.#live || this.isMoving) return;
		try {
			this.#live.show(this.stored ? this.stored.decode() : this.#live.blank);
		} catch {
			// What can't be read again stays as it is; nothing of it is written.
		}
	}

	/** The request is committed. Whatever changes from now on is saved when the response is over. */
	settle(): void {
		this.#phase = 'finished';
		this.stored?.abort();
	}

	/** Saves what changes after the commit, once the response is over. */
	watch(): void {
		if (this.#phase !== 'finished') return;
		this.#phase = 'watched';
		this.exchange.whenOver(async () => {
			this.#phase = 'finished';
			await this.options.finishLate(this);
		});
	}
}
