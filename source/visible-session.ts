import type {Adoption, OldSession} from './request/adoption.ts';
import {type ContextProperty, duplicate} from './request/context-property.ts';
import type {Token} from './request/exchange.ts';
import type {Origin} from './request/holding.ts';
import type {Transaction} from './request/transaction.ts';
import type {Sessions} from './sessions.ts';
import type {KoaExchange} from './transports/koa-exchange.ts';

/** What stands behind `ctx.session`. */
export class VisibleSession implements ContextProperty {
	readonly owner: object;
	readonly exchange: KoaExchange;

	/** What the request's tokens led to, as soon as that is known. */
	origin: Origin | undefined;

	readonly #sessions: Sessions;
	#transaction: Transaction | undefined;

	constructor(owner: object, sessions: Sessions, exchange: KoaExchange) {
		this.owner = owner;
		this.exchange = exchange;
		this.#sessions = sessions;
	}

	get carriers(): readonly string[] {
		return this.exchange.names;
	}

	/** What there is to commit: nothing where a request came without a token and the route asked for no session. */
	get begun(): Transaction | undefined {
		return this.origin?.kind === 'none' ? this.#transaction : this.#begin();
	}

	find(tokens: readonly Token[]): Promise<Origin> {
		return this.#sessions.find(tokens);
	}

	async adopt(old: OldSession): Promise<Adoption> {
		if (this.carriers.includes(old.cookie)) throw duplicate('cookie or header', old.cookie);
		this.exchange.vary();
		return this.#begin()?.adopt(old) ?? 'refused';
	}

	get(): unknown {
		this.exchange.vary();
		return this.#begin()?.session;
	}

	set(value: unknown): void {
		this.exchange.vary();
		if (value === null) this.#begin()?.forget();
		else this.#begin()?.replace(value);
	}

	#begin(): Transaction | undefined {
		if (this.origin) this.#transaction ??= this.#sessions.begin(this.origin, this.exchange);
		return this.#transaction;
	}
}
