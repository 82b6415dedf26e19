import type {SessionMiddleware} from '../../../source/index.ts';
import {measure} from '../order/stopwatch.ts';
import {Client, type Route} from './app.ts';
import {storedData} from './stored-data.ts';

/** An answer, as far as it matters under load. Times in milliseconds. */
export type LoadAnswer = {readonly status: number; readonly askedAt: number; readonly elapsed: number};

/** What one client was told of one session. */
type Account = {
	readonly client: Client;

	/** What is there at least, and what may be there, because its outcome is unknown. */
	readonly number: {acknowledged: number; tried: number};
	readonly written: {acknowledged: number; tried: number};

	/** `undefined`: nobody knows. */
	isEnded: boolean | undefined;
};

/** How many changes a client makes in one session before it ends that and begins another one. */
const changes = 12;

/** The route that the clients ask. */
export const loadedRoute: Route = async ctx => {
	if (ctx.path === '/update') {
		await ctx.session.update(session => {
			session['number'] = Number(session['number'] ?? 0) + 1;
		});
	}

	if (ctx.path === '/write') ctx.session['written'] = Number(ctx.query['value']);
	if (ctx.path === '/end') await ctx.session.destroy();
	ctx.body = 'done';
};

/** Clients that use their sessions without a pause, and keep account of what they were told. */
export class Load {
	readonly answers: LoadAnswer[] = [];
	readonly #port: number;
	readonly #accounts: Account[] = [];
	readonly #running: Promise<void>[];
	#isOver = false;
	#waiting: {readonly isMet: () => boolean; readonly resolve: () => void}[] = [];

	constructor(port: number, clients: number) {
		this.#port = port;
		this.#running = Array.from({length: clients}, () => this.#run());
	}

	/** Resolves when as many more answers of a status came in, asked from now on. */
	async seen(count: number, status: number, since = performance.now()): Promise<void> {
		const isMet = () =>
			this.answers.filter(answer => answer.askedAt >= since && answer.status === status).length >= count;
		await new Promise<void>(resolve => this.#waiting.push({isMet, resolve}));
	}

	async stop(): Promise<void> {
		this.#isOver = true;
		await Promise.all(this.#running);
	}

	/** What is stored otherwise than the clients were told. */
	async broken(sessions: SessionMiddleware): Promise<string[]> {
		const broken = await Promise.all(
			this.#accounts.map(async ({client, number, written, isEnded}) => {
				const data = await storedData(sessions, client);
				if (isEnded === undefined) return [];
				if (isEnded) return data ? ['an ended session is there'] : [];
				return [
					...gap('number', Number(data?.['number'] ?? 0), number),
					...gap('written', Number(data?.['written'] ?? 0), written),
				];
			}),
		);
		return broken.flat();
	}

	get sessions(): number {
		return this.#accounts.length;
	}

	async #run(): Promise<void> {
		for (let round = 0; !this.#isOver; round++) {
			const account: Account = {
				client: new Client(this.#port),
				number: {acknowledged: 0, tried: 0},
				written: {acknowledged: 0, tried: 0},
				isEnded: false,
			};
			await this.#change(account);
			if (account.client.cookies.size === 0) continue;

			this.#accounts.push(account);
			if (round % 2 === 0) account.isEnded = (await this.#ask(account.client.fork(), '/end')) === 200 || undefined;
		}
	}

	async #change({client, number, written}: Account): Promise<void> {
		for (let change = 0; change < changes && !this.#isOver; change++) {
			written.tried++;
			if ((await this.#ask(client, `/write?value=${written.tried}`)) === 200) written.acknowledged = written.tried;
			if (client.cookies.size === 0) continue;

			number.tried++;
			if ((await this.#ask(client, '/update')) === 200) number.acknowledged++;
		}
	}

	async #ask(client: Client, path: string): Promise<number> {
		const askedAt = performance.now();
		const {result, elapsed} = await measure(() => client.get(path));
		this.answers.push({status: result.status, askedAt, elapsed});
		for (const {isMet, resolve} of this.#waiting) if (isMet()) resolve();
		this.#waiting = this.#waiting.filter(({isMet}) => !isMet());
		return result.status;
	}
}

const gap = (
	name: string,
	stored: number,
	{acknowledged, tried}: {readonly acknowledged: number; readonly tried: number},
) =>
	stored < acknowledged || stored > tried
		? [`${name} is ${stored}, of ${acknowledged} acknowledged and ${tried} tried`]
		: [];
