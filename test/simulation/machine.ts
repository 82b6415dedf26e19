import Koa, {type Context} from 'koa';
import type {Session, session as SessionFunction, SessionMiddleware} from '../../source/index.ts';
import type {Act, Report, Way} from '../histories/checker/history.ts';
import {look, perform} from '../histories/perform.ts';
import {LightRequest, LightResponse} from './exchange.ts';
import {ModelStore, type StoreWorld} from './model-store.ts';

/** What a machine works with: another one for each schedule. `keys` counts how often the signing keys changed. */
export type MachineWorld = StoreWorld & {
	readonly keys: number;

	/** Waits while hours pass and other requests come and go. */
	outlast(): Promise<void>;
};

/** The lifetimes of simulated sessions: the default ones, except that sessions don't grow so old. */
export const lifetimes = {idle: 86_400_000, absolute: 2 * 86_400_000, touchAfter: 8_640_000};

/** A request on its way through a machine. */
export type Service = {
	readonly number: number;
	readonly act: Act;
	readonly way: Way;
	readonly token: string | undefined;

	/** Called when the headers leave, with their cookies. */
	readonly leave: (setCookie: readonly string[]) => void;

	/** Called when all of the answer has left. */
	readonly end: () => void;
};

/** One server: an application with the session, which gets its requests without a network. */
export class Machine {
	readonly sessions: SessionMiddleware<Record<string, unknown>>;
	readonly #app = new Koa();
	readonly #world: () => MachineWorld;

	constructor(session: typeof SessionFunction, world: () => MachineWorld) {
		this.#world = world;
		this.#app.on('error', () => undefined);
		this.sessions = session<Record<string, unknown>>(this.#app, {
			store: new ModelStore(world),
			// Real signatures take longer than all the rest.
			keys: {
				sign: () => `key-${world().keys}`,
				index: (_, digest) => (digest.startsWith('key-') ? world().keys - Number(digest.slice(4)) : -1),
			},
			extend: ({req}) => !(req as unknown as LightRequest).isPoll,
			idleTimeout: lifetimes.idle,
			absoluteTimeout: lifetimes.absolute,
			touchAfter: lifetimes.touchAfter,
		});
	}

	/** Serves a request until it is over. Resolves with what its route reports, and whether it has done its act. */
	async serve(service: Service): Promise<Partial<Report> & {isDone: boolean}> {
		const {scheduler} = this.#world();
		const request = new LightRequest(service.token === undefined ? undefined : `sid=${service.token}`);
		request.isPoll = service.way === 'polls';
		const response = new LightResponse(request, service.leave);
		const ctx = this.#app.createContext(request.message, response.response);
		const report: {-readonly [Name in keyof Report]?: Report[Name]} & {isDone: boolean} = {isDone: false};
		const act = async () => {
			const session = ctx['session'] as Session<Record<string, unknown>>;
			report.saw ??= look(session);
			const {sessions} = this;
			Object.assign(report, await perform({session, sessions, number: service.number, act: service.act}));
			report.isDone = true;
		};

		try {
			await this.sessions(ctx as never, () => this.#route(ctx, service, request, act));
			if (service.way === 'goes on') {
				ctx.flushHeaders();
				await scheduler.turn('the response goes on');
				await act();
			}
			if (ctx.writable) response.end();
		} catch (error) {
			ctx.onerror(error as Error);
			if (response.statusCode !== 404) report.isDone = false;
		}

		if (response.finished) service.end();
		// Only late changes wait for that.
		if (service.way === 'early' || service.way === 'lasts' || service.way === 'goes on')
			await scheduler.turn('the response closes');
		response.close();
		return report;
	}

	/** The route: its act, in its way, with a pause before and after it. */
	async #route(ctx: Context, {way}: Service, request: LightRequest, act: () => Promise<void>): Promise<void> {
		const {scheduler} = this.#world();
		ctx.status = 200;
		if (way === 'early' || way === 'lasts') ctx.flushHeaders();
		if (way === 'lasts') await this.#world().outlast();
		if (way === 'goes on') {
			ctx.respond = false;
			return;
		}

		if (way !== 'plain') await scheduler.turn('the route goes on');
		if (way === 'gone') request.abort();
		await act();
		if (way === 'saves') {
			await (ctx['session'] as Session).save();
			await scheduler.turn('the route goes on');
		}
		if (way === 'replaces') ctx.set('Set-Cookie', 'other=cookie');
		if (way === 'refuses') ctx.status = 404;
		if (way === 'throws') ctx.throw(404);
	}
}
