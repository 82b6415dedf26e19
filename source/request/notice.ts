import type {StoredSession} from '../records/stored-session.ts';
import type {Exchange} from './exchange.ts';

/** What a client must be told when its session is written: a token, to forget the one it has, or nothing. */
export class Notice {
	/** Whether the client's token, or its cookie's attributes, are out of date. */
	mustIssue: boolean;

	/** Whether the client's token opens nothing any more. */
	mustClear: boolean;

	readonly #exchange: Exchange;

	/** Whether the cookie outlives the browser, as the client was told last. */
	#permanent: boolean;
	#isNews = false;

	constructor(
		exchange: Exchange,
		{permanent, mustIssue, mustClear}: Readonly<Record<'permanent' | 'mustIssue' | 'mustClear', boolean>>,
	) {
		this.#exchange = exchange;
		this.#permanent = permanent;
		this.mustIssue = mustIssue;
		this.mustClear = mustClear;
	}

	/** Takes note of what the write about to begin will change for the client. */
	announce({isExtended, permanent}: {readonly isExtended: boolean; readonly permanent: boolean}): void {
		this.#isNews = isExtended || permanent !== this.#permanent;
	}

	/** Takes note that it is written. */
	confirm(): void {
		this.mustIssue ||= this.#isNews;
	}

	/** Sends the token, if the client needs it and still can be told. */
	issue({id, record, permanent}: StoredSession): void {
		if (!this.mustIssue || this.#exchange.delivery() !== 'possible') return;
		this.#exchange.issue(id, record.expiresAt, permanent);
		this.mustIssue = false;
		this.#permanent = permanent;
	}

	/** Makes the client forget its token, if it opens nothing and the client still can be told. */
	clear(): void {
		if (this.mustClear && this.#exchange.delivery() === 'possible') this.#exchange.clear();
	}
}
