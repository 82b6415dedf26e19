import {publish} from '../events.ts';
import {pause} from '../records/back-off.ts';
import {unavailable, unreadable} from '../records/errors.ts';
import type {Records} from '../records/records.ts';
import type {State, StoredSession} from '../records/stored-session.ts';
import type {Exchange} from './exchange.ts';
import {insert} from './insertion.ts';
import type {LiveState, Merge} from './live-state.ts';
import {Notice} from './notice.ts';

/** What a request's tokens led to. `isStale`: the token was signed by an older key. `carrier`: what brought the token. */
export type Origin =
	| {readonly kind: 'stored'; readonly stored: StoredSession; readonly isStale: boolean; readonly carrier: string}
	| {readonly kind: 'unavailable'; readonly cause: unknown; readonly carrier?: never}
	| {readonly kind: 'none' | 'ended' | 'moved' | 'undecodable'; readonly carrier?: string};

/** What a holding works with. */
export type HoldingOptions = {
	readonly records: Records;
	readonly live: LiveState;
	readonly exchange: Exchange;
	readonly merge: Merge;
	readonly isTolerant: boolean;
};

/** What a request holds of its session: the stored state that it knows of, and what its client must be told. */
export class Holding {
	readonly records: Records;
	readonly live: LiveState;
	readonly exchange: Exchange;

	/** The session as it is stored, as far as this request knows. */
	stored: StoredSession | undefined;

	/** `open`, or why nothing can be written any more: another request ended or moved it, or its store is away. */
	standing: 'open' | 'ended' | 'moved' | 'unavailable';

	/** What the client must be told. */
	readonly notice: Notice;

	/** Whether a failing store is borne where nothing is lost by it. */
	readonly isTolerant: boolean;

	readonly merge: Merge;
	readonly #toEnd: StoredSession[] = [];

	/** A session that this request had until another one moved it: to end it is to end what it became. */
	#moved: StoredSession | undefined;

	#wasForgotten = false;

	/** What the request came with. */
	readonly origin: Origin;

	constructor({records, live, exchange, merge, isTolerant}: HoldingOptions, origin: Origin) {
		this.records = records;
		this.live = live;
		this.exchange = exchange;
		this.isTolerant = isTolerant;
		this.merge = merge;
		this.origin = origin;
		this.standing = origin.kind === 'moved' || origin.kind === 'unavailable' ? origin.kind : 'open';
		this.stored = origin.kind === 'stored' ? origin.stored : undefined;
		this.notice = new Notice(exchange, {
			permanent: live.permanent,
			mustIssue: origin.kind === 'stored' && origin.isStale,
			mustClear: origin.kind === 'ended',
		});
	}

	/** Whether a stored session was regenerated, and that isn't written yet. */
	get isMoving(): boolean {
		return this.stored !== undefined && this.stored.id !== this.live.id;
	}

	/** Whether the route ended a session. */
	get hasForgotten(): boolean {
		return this.#wasForgotten;
	}

	/** Whether the route ended its session and has not started another one. */
	get isEnded(): boolean {
		return this.#wasForgotten && !this.stored && !this.live.hasContent;
	}

	/** Names the session in events, without drawing an id for that alone. */
	get name(): string {
		return this.stored ? this.records.nameOf(this.stored.key) : '';
	}

	/** Takes the session from the route at once; `endForgotten()` takes it from the store. */
	forget(): void {
		const ended = this.stored ?? this.#moved;
		ended?.abort();
		if (ended) this.#toEnd.push(ended);
		this.notice.mustClear ||= ended !== undefined;
		this.#wasForgotten = true;
		if (this.standing === 'ended' || this.#moved) this.standing = 'open';
		this.stored = undefined;
		this.#moved = undefined;
		this.notice.mustIssue = false;
		this.live.restart();
	}

	/** Ends in the store what the route ended. What fails is tried again at the next call. */
	async endForgotten(): Promise<void> {
		if (this.#wasForgotten) this.checkAvailable();
		for (let [ended] = this.#toEnd; ended; [ended] = this.#toEnd) {
			await this.records.end(ended.key, {version: ended.record.version});
			this.#toEnd.shift();
		}
	}

	/** @throws SessionError If the session couldn't be loaded: what is asked for must not look done. */
	checkAvailable(): void {
		if (this.origin.kind === 'unavailable') throw unavailable(this.origin.cause);
	}

	/** Stores a new session. Nothing is stored if the codec keeps nothing of it. */
	async create(state: State): Promise<void> {
		const {generation} = this.live;
		const created = await insert(this.records, this.live, state);
		if (!created) return;
		this.take(created, generation);
		this.notice.mustIssue = true;
	}

	/** Takes note of what was written for the session that the route had at that time. */
	take(stored: StoredSession, generation: number): void {
		if (generation === this.live.generation) {
			this.stored?.abort();
			this.stored = stored;
			this.live.settle(stored.id);
			this.notice.confirm();
			return;
		}

		// The route ended the session while it was being written.
		this.#toEnd.push(stored);
		this.notice.mustClear = true;
	}

	/** Gives up a session that another request ended or moved. Its client is told nothing: it may know better by now. */
	lose(lost: StoredSession, standing: 'ended' | 'moved', {hasChanges}: {readonly hasChanges: boolean}): void {
		// The route ended it while we waited for the store, and may have begun another one.
		if (this.stored !== lost) return;

		const session = this.name;
		if (hasChanges) publish('lost', () => ({session, reason: standing}));
		lost.abort();
		if (standing === 'moved') this.#moved = lost;
		this.stored = undefined;
		this.standing = standing;
		this.notice.mustIssue = false;
		this.notice.mustClear = false;
	}

	/**
	Reads the session again after another request was faster, and brings its changes in.

	@returns `false` if there is nothing to write to any more.
	*/
	async catchUp(behind: StoredSession, tries: number, changes: {readonly hasChanges: boolean}): Promise<boolean> {
		publish('conflict', () => ({session: this.name, tries}));
		await pause(tries);
		const newest = await this.records.read(behind.id, behind.key);
		// The route ended the session while we waited.
		if (this.stored !== behind) return false;

		if (newest === 'undecodable') throw unreadable();
		if (typeof newest === 'string') {
			this.lose(behind, newest, changes);
			return false;
		}

		this.live.rebase(this.live.kept(behind.state()), this.live.kept(newest.lend()), this.merge);
		behind.abort();
		this.stored = newest;
		return true;
	}

	/** Brings in what `update()` wrote, and keeps what the route changed and didn't save. */
	rebase(base: State, theirs: State): void {
		this.live.rebase(base, theirs, this.merge);
	}

	/** The expiry to write: a new one if it is due, and once written the client is told; else that of the record. */
	expiryOf({record}: StoredSession, {createdAt, permanent}: State): number {
		const due = this.records.dueExpiry(record.expiresAt, createdAt);
		this.notice.announce({isExtended: due !== undefined, permanent});
		return due ?? record.expiresAt;
	}

	/** Tells the client what it must know, if it still can be told. */
	deliver(): void {
		const {stored, standing, isMoving} = this;
		if (stored && !isMoving) this.notice.issue(stored);
		else if (!stored && standing === 'open') this.notice.clear();
	}
}
