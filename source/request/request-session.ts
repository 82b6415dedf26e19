import {publish} from '../events.ts';
import {unavailable} from '../records/errors.ts';
import type {Records} from '../records/records.ts';
import type {Replacement, State, StoredSession} from '../records/stored-session.ts';
import {Client} from './client.ts';
import type {ContextProperty} from './context-property.ts';
import {Ending} from './ending.ts';
import type {Exchange, News} from './exchange.ts';
import {hasChanged} from './has-changed.ts';
import {LiveState, type Merge} from './live-state.ts';
import {Phase} from './phase.ts';
import {checkData, type SessionControl} from './session-object.ts';
import type {Found, LossReason, Proof, Standing} from './standing.ts';
import {Turns} from './turns.ts';

/** What all requests of a middleware have in common. `sessions.ts` passes in the last four: their files import this one. */
export type RequestOptions = {
	readonly records: Records;
	readonly merge: Merge;
	readonly permanent: boolean;

	/** Whether a request goes on without an error if the store fails and the request loses nothing. */
	readonly isTolerant: boolean;

	/** What a route can do with a session. */
	readonly toMembers: (request: RequestSession) => SessionControl;
	/** Writes a request's changes of a stored session. Resolves to `false` if the codec keeps nothing of them. */
	readonly write: (request: RequestSession, from: StoredSession, replacement: Replacement) => Promise<boolean>;
	/** Saves what changed after the commit. */
	readonly finishLate: (request: RequestSession) => Promise<void>;
	/** Lets the record follow what the headers say as they leave. */
	readonly followHead: (request: RequestSession, news: News | undefined) => void;
};

/**
One request's session.

`standing` is replaced as a whole, never changed in place: comparing it shows whether anything happened during a store call.
`live` changes under the route's hands. `client` knows what the client holds. What is done with them is in other files:
`commit`, `update`, `regeneration`, `adoption`.
*/
export class RequestSession implements ContextProperty {
	readonly owner: object;
	readonly client: Client;
	readonly options: RequestOptions;
	readonly turns = new Turns();
	standing: Standing = {kind: 'new'};

	/** Whether the request proves the key that its session is bound to. */
	#proof: Proof = 'unneeded';

	#live: LiveState | undefined;
	readonly ending = new Ending();
	readonly #phase = new Phase();

	constructor(owner: object, exchange: Exchange, options: RequestOptions) {
		this.owner = owner;
		this.client = new Client(exchange, options.records.recent);
		this.options = options;
	}

	get records(): Records {
		return this.options.records;
	}

	get exchange(): Exchange {
		return this.client.exchange;
	}

	get exclusiveNames(): readonly string[] {
		return this.exchange.exclusiveNames;
	}

	/** The session as it is stored, as far as this request knows. */
	get stored(): StoredSession | undefined {
		return this.standing.kind === 'stored' ? this.standing.stored : undefined;
	}

	/** What the route sees and changes. Made on first use. */
	get live(): LiveState {
		const {options, stored} = this;
		this.#live ??= new LiveState(options.toMembers(this), options.permanent, stored?.id, stored?.open());
		return this.#live;
	}

	/** Whether the route has used the session. If not, it can't have changed it. */
	get isUsed(): boolean {
		return this.#live !== undefined;
	}

	/** Whether there is anything to commit. */
	get needsCommit(): boolean {
		return this.isUsed || this.standing.kind !== 'new';
	}

	/** Whether the route gave the session a new id that isn't written yet. */
	get isRegenerating(): boolean {
		return this.#live !== undefined && this.stored !== undefined && this.stored.id !== this.#live.id;
	}

	/** Whether the route ended a session. */
	get hasEnded(): boolean {
		return this.#live?.followsEnded ?? false;
	}

	/** Whether the device has proved its key for this request. */
	get isBound(): boolean {
		return this.#proof === 'given' || this.#proof === 'confirming';
	}

	/** The session's name in events. Empty if nothing is stored: no id is drawn only for its name. */
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
			this.end();
		} else this.live.replaceData(checkData(value, 'session data to be a plain object, or `null` to end the session'));
	}

	/** Starts with what the request's tokens led to. */
	begin({standing, held, transport, proof = 'unneeded'}: Found): void {
		// Called a second time if `extend` or `keys` threw during the first call.
		this.stored?.abort();
		this.standing = standing;
		this.#proof = proof;
		this.client.begin(held, transport);
		if (standing.kind !== 'stored') return;

		const {stored} = standing;
		const due = this.records.dueExpiry(stored.record.expiresAt, stored.open(), stored.knownAt);
		const isExtended = due !== undefined && this.exchange.isUse;
		this.client.announce(stored, isExtended ? due : undefined);
		if (isExtended) this.exchange.whenLeaving(news => this.options.followHead(this, news));
		// Last, since it makes what the route sees, and what is before it may throw.
		if (proof === 'confirming') this.live.confirm();
	}

	/**
	Starts another session if the request came with an old id or without a proof. `regenerate()` does so, as logins call it.

	Otherwise a client that never got the response with its new id couldn't log in for as long as a tombstone lives.
	*/
	beginAnother(): void {
		const {standing} = this;
		if (standing.kind !== 'lost') return;
		if (standing.reason === 'unproven') this.client.release();
		else if (!('oldKey' in standing)) return;
		this.standing = {kind: 'new'};
	}

	/** Empties the route's session. `endStored()` deletes the record, and `tell()` clears the cookie. */
	end(): void {
		const {standing} = this;
		const ended = 'was' in standing ? standing.was : this.stored;
		ended?.abort();
		if (ended) this.ending.add(ended, standing.kind === 'stored' && standing.fault !== undefined);
		else if ('oldKey' in standing) this.ending.addTombstone(standing.oldKey);
		// If the session moved before this request began, its token opens nothing, whatever the route does.
		if (ended || (standing.kind === 'lost' && standing.reason === 'ended')) this.standing = {kind: 'new'};
		this.#proof = 'unneeded';
		this.#live = this.live.end();
	}

	/** Ends in the store what the route ended. The next call tries again what failed. */
	async endStored(): Promise<void> {
		if (this.hasEnded) this.checkAvailable();
		// If another request ended it first, the client may have logged in again since, so its token stays.
		if (!(await this.ending.carryOut(this.records))) this.client.release();
	}

	/** @throws SessionError If the session couldn't be loaded, so that nothing looks done that isn't. */
	checkAvailable(): void {
		if (this.standing.kind === 'unavailable') throw unavailable(this.standing.cause);
	}

	/** Continues with what was written. If the route has ended that session since, the store must still end it. */
	take(stored: StoredSession, live: LiveState | undefined): void {
		if (live !== this.#live && this.hasEnded) {
			this.ending.add(stored);
			return;
		}

		this.stored?.abort();
		this.standing = {kind: 'stored', stored};
		this.#live?.forgetRegeneration(stored.id);
		if (this.#proof !== 'confirming' || stored.open().binding?.since === undefined) return;
		this.#proof = 'given';
		publish('bind', () => ({session: this.name, step: 'confirmed'}));
	}

	/** Carries on a session that was another library's before. */
	adopt(stored: StoredSession, proof: Proof): void {
		this.live.join({...stored.open(), id: stored.id}, this.options.merge);
		this.standing = {kind: 'stored', stored};
		this.#proof = proof;
		if (proof === 'confirming') this.live.confirm();
	}

	/** Gives up a session that another request ended or moved, or with which this one can't go on. */
	lose(lost: StoredSession, reason: LossReason, {hasChanges}: {readonly hasChanges: boolean}): void {
		// The route ended it during the store call, and may have started another one.
		if (this.stored !== lost) return;

		const session = this.name;
		const live = this.#live;
		const isLoss = hasChanges || (live && !live.isReported && hasChanged(lost, live.state));
		if (isLoss) publish('lost', () => ({session, reason}));
		live?.report();
		lost.abort();
		// A session that moved can still be ended under its new id, so it is remembered.
		this.standing = reason === 'ended' ? {kind: 'lost', reason} : {kind: 'lost', reason, was: lost};
		if (reason === 'ended') this.client.release();
	}

	/** Merges what other requests or `update()` wrote since `base`. Keeps what the route changed, and drops what it dropped. */
	rebase(base: State, theirs: State): void {
		const live = this.#live;
		live?.rebase(live.carriedOver(base), live.carriedOver(theirs), this.options.merge);
	}

	/** Tells the client what it must learn. Says nothing while the store hasn't ended what the route ended. */
	tell(): void {
		this.client.tell(this.ending.isDone ? this.standing : undefined, this.#live?.binding !== undefined);
	}

	/** The request is committed, so any later change is late. */
	markCommitted(): void {
		this.#phase.markCommitted();
		this.stored?.abort();
	}

	/** After the commit, saves later changes once the response is over. Before it, does nothing. */
	watch(): void {
		this.#phase.watch(this.exchange, () => this.options.finishLate(this));
	}
}
