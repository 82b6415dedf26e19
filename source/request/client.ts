import type {StoredSession} from '../records/stored-session.ts';
import type {Exchange, News} from './exchange.ts';
import type {Held, Standing} from './standing.ts';

/** The client of a request: what it holds of the session, and what this response tells it. */
export class Client {
	readonly exchange: Exchange;
	#held: Held | undefined;
	#hasToken = false;

	constructor(exchange: Exchange) {
		this.exchange = exchange;
	}

	/** What it holds, as far as this request knows. Once the headers are sent, that is what they said. */
	get held(): Held | undefined {
		const {sent} = this.exchange;
		if (!sent) return this.#held;
		return sent.kind === 'clear' ? undefined : {...sent, isStale: false};
	}

	/** Whether it brought a token that this application made, be it of a session that lives or not. */
	get hasToken(): boolean {
		return this.#hasToken;
	}

	/** Begins with what it came with. Responses use the transport that carried the token. */
	begin(held: Held | undefined, transport: string | undefined): void {
		this.#held = held;
		if (transport === undefined) return;
		this.#hasToken = true;
		this.exchange.answerBy(transport);
	}

	/** Another request wrote the session, and its response tells the client so. */
	hearElsewhere({id, record: {expiresAt}, permanent}: StoredSession): void {
		if (this.#held?.id === id) this.#held = {...this.#held, expiresAt, permanent};
	}

	/** How late a record may expire without living longer than its client knows. */
	latestExpiry(known: number): number {
		return this.exchange.delivery() === 'possible' ? Number.POSITIVE_INFINITY : (this.held?.expiresAt ?? known);
	}

	/**
	Tells it before the route runs, which may send the headers as it likes, of an extension or a newer signature.

	The record follows at the commit, so the cookie may outlive it, never the reverse.

	@param due When the session is to expire from now on; `undefined`: as before.
	*/
	announce({id, record, permanent}: StoredSession, due: number | undefined): void {
		if ((due === undefined && !this.#held?.isStale) || this.exchange.delivery() !== 'possible') return;
		this.exchange.tell({kind: 'token', id, expiresAt: due ?? record.expiresAt, permanent});
	}

	/** Tells it what it must learn. `undefined` and news that can't be told any more: what was told is taken back. */
	tell(standing: Standing | undefined): void {
		const delivery = this.exchange.delivery();
		if (delivery !== 'sent')
			this.exchange.tell(standing && delivery === 'possible' ? this.#newsOf(standing) : undefined);
	}

	/** Whether the headers bring it another token of the very session that it came with. */
	get isToldAgain(): boolean {
		const {news} = this.exchange;
		return news?.kind === 'token' && news.id === this.#held?.id;
	}

	/**
	The difference between what it holds and what is stored now.

	Only a request that ended the session itself clears its token: then nothing is stored though the client holds one. A
	request that lost its session to another one tells nothing, since the other one did.
	*/
	#newsOf(standing: Standing): News | undefined {
		const held = this.#held;
		if (standing.kind === 'new') return held && {kind: 'clear'};
		if (standing.kind !== 'stored') return undefined;

		const {id, record, permanent} = standing.stored;
		const {expiresAt} = record;
		const isKnown = held?.id === id && !held.isStale && held.expiresAt === expiresAt && held.permanent === permanent;
		return isKnown ? undefined : {kind: 'token', id, expiresAt, permanent};
	}
}
