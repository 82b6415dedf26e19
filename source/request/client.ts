import type {RecentSessions} from '../records/recent-sessions.ts';
import type {StoredSession} from '../records/stored-session.ts';
import type {Exchange, News} from './exchange.ts';
import type {Held, Standing} from './standing.ts';

/** The client of a request: what it holds, and what the response tells it. */
export class Client {
	readonly exchange: Exchange;
	readonly #recent: RecentSessions;
	#held: Held | undefined;
	#hasToken = false;

	/** @param recent What this process knows of sessions: another request may have told the client more by now. */
	constructor(exchange: Exchange, recent: RecentSessions) {
		this.exchange = exchange;
		this.#recent = recent;
	}

	/** Whether the client sent a token that this application made, of a live session or not. */
	get hasToken(): boolean {
		return this.#hasToken;
	}

	/** Whether the request carried the token of this id. */
	cameWith(id: string): boolean {
		return this.#held?.id === id;
	}

	/** Starts with what the request carried. Responses use the transport that carried the token. */
	begin(held: Held | undefined, transport: string | undefined): void {
		this.#held = held;
		if (transport === undefined) return;
		this.#hasToken = true;
		this.exchange.answerBy(transport);
	}

	/** Forgets what it came with: it may hold something else by now. */
	release(): void {
		this.#held = undefined;
	}

	/**
	Another request wrote the session, and its own response tells the client.

	@param known The session as this request knew it. A value that is still the same is no news: this request may have written
	it, and tells the client itself.
	@param tried The expiry that this request tried to write. If the record has it, this request's own touch may have written it
	before its reply was lost.
	*/
	hearElsewhere(
		{id, record: {expiresAt}, facts: {permanent}}: StoredSession,
		known: StoredSession,
		tried?: number,
	): void {
		const isNews = expiresAt !== known.record.expiresAt || permanent !== known.facts.permanent;
		if (isNews && expiresAt !== tried && this.#held?.id === id) this.#held = {...this.#held, expiresAt, permanent};
	}

	/**
	Whether this request's response can still tell it something.

	@throws SessionError As `Exchange.delivery()`.
	*/
	get canLearn(): boolean {
		return this.exchange.delivery() === 'possible';
	}

	/** Until when the client holds a session's cookie. `undefined`: it holds none, or one that ends with the browser. */
	heldUntil({id}: StoredSession): number | undefined {
		const held = this.#held;
		return held?.id === id && held.permanent ? held.expiresAt : undefined;
	}

	/** The latest expiry of a record that doesn't outlive its cookie. */
	latestExpiry(known: number): number {
		const {exchange} = this;
		if (this.canLearn) return Number.POSITIVE_INFINITY;
		// After the headers are sent, the client holds what they said.
		const held = exchange.sent ?? this.#held;
		return held && 'expiresAt' in held ? held.expiresAt : known;
	}

	/**
	Tells the client of an extension or a newer signature, before the route runs: the route may send the headers early.

	The record follows at the commit, or earlier, as the headers leave. So the cookie may outlive the record, but never the
	reverse.

	@param due The new expiry of the session; `undefined` leaves it.
	*/
	announce(stored: StoredSession, due: number | undefined): void {
		const {id, record, facts} = stored;
		if ((due === undefined && !this.#held?.isStale) || !this.canLearn) return;
		const {permanent} = facts;
		const isOutdated = () => this.#recent.isGone(stored) || (due === undefined && this.#recent.isExtended(stored));
		const expiresAt = due ?? record.expiresAt;
		this.exchange.tell({kind: 'token', id, expiresAt, permanent, isNew: false, isBound: false, isOutdated});
	}

	/** Tells the client what it must learn. Takes back earlier news without a `standing`, or if no token can be sent. */
	tell(standing: Standing | undefined, isBound: boolean): void {
		const {exchange} = this;
		const news = standing && this.#newsOf(standing, isBound);
		// Most requests have nothing to say, and needn't ask whether they could.
		if (!news && !exchange.news) return;
		const delivery = exchange.delivery();
		if (delivery !== 'sent') exchange.tell(delivery === 'possible' ? news : undefined);
	}

	/** Whether it came with a session and the headers bring it a token in place of the one that it holds. */
	get isToldAgain(): boolean {
		return this.exchange.news?.kind === 'token' && this.#held !== undefined;
	}

	/**
	The difference between what the client holds and what is stored now.

	A token is cleared only by the request that ended its session: nothing is stored, but the client holds a token. A
	request that lost its session to another one says nothing, because that one has told the client.
	*/
	#newsOf(standing: Standing, isBound: boolean): News | undefined {
		const held = this.#held;
		if (standing.kind === 'new') return held && {kind: 'clear'};
		if (standing.kind !== 'stored') return undefined;

		const {stored} = standing;
		const {id, record, facts} = stored;
		const {expiresAt} = record;
		const {permanent} = facts;
		const isNew = held?.id !== id;
		const isSame = !isNew && held.expiresAt === expiresAt && held.permanent === permanent;
		// Another request has extended it, and its own response tells the client, with a new signature.
		const isExtended = () => isSame && this.#recent.isExtended(stored);
		if (isSame && (!held.isStale || isExtended())) return undefined;
		const isOutdated = () => this.#recent.isGone(stored) || isExtended();
		return {kind: 'token', id, expiresAt, permanent, isNew, isBound, isOutdated};
	}
}
