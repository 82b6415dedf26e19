import type {Context} from 'koa';
import type {Exchange} from '../exchange.ts';
import type {Signer} from '../signer.ts';
import type {Transport} from '../transport.ts';

/** One request's way to its client: which tokens came, and what the answer says of the session. */
export class KoaExchange implements Exchange {
	readonly #ctx: Context;
	readonly #transport: Transport;
	readonly #signer: Signer;
	readonly #carried = new Set<string>();
	#varied: unknown;

	constructor(ctx: Context, transport: Transport, signer: Signer) {
		this.#ctx = ctx;
		this.#transport = transport;
		this.#signer = signer;
	}

	get path(): string {
		return this.#ctx.path;
	}

	get name(): string {
		return carrierName(this.#transport, this.#ctx);
	}

	get tokens(): readonly string[] {
		return this.#transport.read(this.#ctx);
	}

	delivery(): 'possible' | 'sent' | 'refused' {
		if (this.#ctx.headerSent) return 'sent';
		return this.#ctx.method !== 'OPTIONS' && this.#transport.canWrite(this.#ctx) ? 'possible' : 'refused';
	}

	issue(id: string, expiresAt: number, permanent: boolean): void {
		this.#transport.write(this.#ctx, this.#signer.sign(id, this.name), {expiresAt, permanent});
		this.#guardCaches();
	}

	clear(): void {
		this.#transport.clear(this.#ctx);
		this.#guardCaches();
	}

	/** Says that the answer depends on the session. Again at the end, where the application set its own `Vary`. */
	vary(): void {
		const {res} = this.#ctx;
		if (res.headersSent || (this.#varied !== undefined && this.#varied === res.getHeader('Vary'))) return;

		this.#ctx.vary(this.#transport.vary);
		this.#varied = res.getHeader('Vary');
		this.#carried.add('Vary');
	}

	/** Says it where it still has to be said. */
	varyAgain(): void {
		if (this.#varied !== undefined) this.vary();
	}

	/** Copies the session's headers to an error: Koa answers it with those alone. */
	carry(error: unknown): void {
		if (this.#carried.size === 0 || typeof error !== 'object' || error === null) return;

		const ours = [...this.#carried].map(header => [header, this.#ourLines(header)]);
		const given: unknown = Reflect.get(error, 'headers');
		Reflect.set(error, 'headers', {...(typeof given === 'object' ? given : {}), ...Object.fromEntries(ours)});
	}

	/** RFC 9111, 5.2.2.4: a cache may keep the answer, but not the token of somebody else. */
	#guardCaches(): void {
		this.vary();
		this.#carried.add(this.#transport.sets);
		if (this.#ctx.res.hasHeader('Cache-Control')) return;
		this.#ctx.res.setHeader('Cache-Control', `no-cache="${this.#transport.sets}"`);
		this.#carried.add('Cache-Control');
	}

	/** Of the cookies, only the session's: whether others survive an error is the application's affair. */
	#ourLines(header: string): unknown {
		const value = this.#ctx.res.getHeader(header);
		return Array.isArray(value) ? value.filter(line => line.startsWith(`${this.name}=`)) : value;
	}
}

/** What carries the token of this request: the signature covers it. */
export const carrierName = ({name}: Transport, ctx: Context): string => (typeof name === 'string' ? name : name(ctx));
