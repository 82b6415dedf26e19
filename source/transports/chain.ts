import type {Context} from 'koa';
import type {Token} from '../request/exchange.ts';
import type {Transport} from '../transport.ts';

/** The transports of a middleware, in the order in which their tokens are tried. Most have one. */
export class Chain {
	/** All request headers on which responses depend. A header without a token counts too. */
	readonly vary: string;

	readonly #first: Transport;
	readonly #others: readonly Transport[];

	constructor([first, ...others]: readonly [Transport, ...Transport[]]) {
		this.#first = first;
		this.#others = others;
		this.vary = [...new Set([first, ...others].map(({vary}) => vary))].join(', ');
	}

	/** The names that don't depend on the request. */
	get fixedNames(): readonly string[] {
		return this.#all.map(({name}) => name).filter(name => typeof name === 'string');
	}

	/** The names of all transports, for a request. */
	names(ctx: Context): readonly string[] {
		const name = nameOf(this.#first, ctx);
		return this.#others.length === 0 ? [name] : [name, ...this.#others.map(transport => nameOf(transport, ctx))];
	}

	/** All tokens of the first transport, then those of the next one. */
	tokens(ctx: Context): readonly Token[] {
		const tokens = tokensOf(this.#first, ctx);
		return this.#others.length === 0 ? tokens : [tokens, this.#others.map(other => tokensOf(other, ctx))].flat(2);
	}

	/**
	The transport of the response if no token verifies: the first by which the request sent anything, otherwise the first
	of the list.

	It isn't the next one if that can't be written: then a token that `secure: true` forbids would leave over plain HTTP.
	*/
	forResponse(ctx: Context): Transport {
		if (this.#others.length === 0) return this.#first;

		const names = this.names(ctx);
		if (new Set(names).size < names.length) throw alike();
		return this.#all.find(transport => transport.read(ctx).length > 0) ?? this.#first;
	}

	/** The transport with this name. */
	named(name: string, ctx: Context): Transport {
		if (this.#others.length === 0) return this.#first;
		return this.#others.find(transport => nameOf(transport, ctx) === name) ?? this.#first;
	}

	get #all(): readonly Transport[] {
		return [this.#first, ...this.#others];
	}
}

const none: readonly Token[] = [];

const tokensOf = (transport: Transport, ctx: Context): readonly Token[] => {
	const texts = transport.read(ctx);
	if (texts.length === 0) return none;

	const name = nameOf(transport, ctx);
	const tokens: Token[] = [];
	for (const text of texts) if (text !== '') tokens.push({text, transport: name});
	return tokens;
};

/** Makes the error for two transports with the same name: the token of one would fit the other. */
export const alike = () =>
	new TypeError('Expected each transport of the list to have a name of its own, because the signature covers it');

/** The name of a transport for a request. The signature covers it. */
export const nameOf = ({name}: Transport, ctx: Context): string => (typeof name === 'string' ? name : name(ctx));
