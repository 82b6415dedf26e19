import {setImmediate} from 'node:timers/promises';
import type Koa from 'koa';
import {byHand, koa} from '../apps/baselines.ts';
import {InProcess, InstantRedis, InstantStore} from '../apps/in-process.ts';
import {onStore} from '../apps/koa-server-session.ts';
import type {RedisLike} from '../apps/route.ts';
import {collectYoung, cpuTime, takeTurns} from '../measure.ts';
import {type Benchmark, isAsked, type Plan} from '../plan.ts';
import {progressOf} from '../report/terminal.ts';
import type {Limit, Result} from '../results.ts';
import {quantile, ratioOf, spreadOf} from '../statistics.ts';

const batches = 10;

/** Each has a session, and one request in each batch. */
const visitors = 100;

/** One question: what the middleware adds to a request for `path` if nothing else costs anything. */
type MiddlewareCase = {
	readonly title: string;
	readonly question: string;
	readonly path: string;
	readonly hasCookie: boolean;
};

const cases: readonly MiddlewareCase[] = [
	{
		title: 'anonymous',
		question: 'What does the middleware alone add to a request without a cookie whose route looks for a session?',
		path: '/read',
		hasCookie: false,
	},
	{
		title: 'untouched',
		question: 'What does the middleware alone add to a request that never touches its session?',
		path: '/none',
		hasCookie: true,
	},
	{
		title: 'read',
		question: 'What does the middleware alone add to a request that reads its session?',
		path: '/read',
		hasCookie: true,
	},
	{
		title: 'change',
		question: 'What does the middleware alone add to a request that changes its session?',
		path: '/change',
		hasCookie: true,
	},
];

/** For requests with a session. */
const limits: Readonly<Record<string, Limit>> = {'by hand': {atMost: 2.5}, 'koa-session, unsigned': {atMost: 0.6}};

const ours = 'koa-server-session';

async function* run(plan: Plan): AsyncGenerator<Result> {
	const {koaSession}: Rivals = await import(rivals);
	const makers: Contestants = {
		[ours]: () => onStore(new InstantStore()),
		'by hand': () => byHand('what differs')(new InstantRedis()),
		'by hand, knowing the routes': () => byHand('by route')(new InstantRedis()),
		// It signs slowly.
		'koa-session, unsigned': () => koaSession(new InstantRedis(), '', {signed: false}),
		'no session': koa,
	};
	for (const each of cases.filter(({title}) => isAsked(plan, title))) {
		yield runCase(each, makers, plan.isQuick ? 9 : 61);
	}
}

type Contestants = Readonly<Record<string, () => Koa | Promise<Koa>>>;

/** TypeScript can't know this file: it needs packages that only the benchmark installs. */
const rivals = '../apps/rivals.js' as string;
type Rivals = {koaSession(redis: RedisLike, url: string, options: {signed: boolean}): Promise<Koa>};

const runCase = async (each: MiddlewareCase, makers: Contestants, rounds: number): Promise<Result> => {
	const {title, question, hasCookie} = each;
	const contestants: Record<string, () => Promise<number>> = {};
	for (const [name, make] of Object.entries(makers)) {
		const app = new InProcess(await make());
		const cookies: (string | undefined)[] = [];
		while (cookies.length < visitors) {
			const {cookie = 'sid=none'} = await app.answer('/start');
			cookies.push(hasCookie ? cookie : undefined);
		}
		await verify(name, app, each, cookies[0]);
		contestants[name] = measure(app, each, cookies);
	}

	const {
		[ours]: our = [],
		'no session': nothing = [],
		...rivals
	} = await takeTurns(contestants, rounds, progressOf(`middleware ${title}`, rounds));
	const all = Object.entries({[ours]: our, ...rivals});
	return {
		benchmark: 'middleware',
		title,
		question,
		unit: 'µs of CPU per request',
		measurements: all.map(([name, figures]) => ({
			name,
			value: spreadOf(less(figures, nothing)),
			columns: {'with the route': quantile(figures, 0.5), 'the route alone': quantile(nothing, 0.5)},
		})),
		comparisons: Object.entries(rivals).map(([against, figures]) => ({
			against,
			value: ratioOf(less(our, nothing), less(figures, nothing)),
			...(hasCookie && limits[against] && {limit: limits[against]}),
		})),
	};
};

/** Subtracts, round by round, the cost of the route, which all of them run. */
const less = (figures: readonly number[], nothing: readonly number[]): readonly number[] =>
	figures.map((figure, round) => figure - (nothing[round] ?? Number.NaN));

/** A wrong response may be fast. */
const verify = async (name: string, app: InProcess, {path}: MiddlewareCase, cookie: string | undefined) => {
	const {views: before} = await app.answer(path, cookie);
	const {views: after} = await app.answer(path, cookie);
	const expected = path === '/change' ? before + 1 : before;
	if (after !== expected) throw new Error(`Expected ${expected} views from ${name}, got ${after}`);
};

/** In microseconds of CPU time. What Node and Koa make of a request is made beforehand. */
const measure =
	(app: InProcess, {path}: MiddlewareCase, cookies: readonly (string | undefined)[]) =>
	async () => {
		let microseconds = 0;
		for (let batch = 0; batch < batches; batch++) {
			const contexts = cookies.map(cookie => app.context(path, cookie));
			// Otherwise the next contestant would pay for this garbage.
			collectYoung();
			await setImmediate();
			const before = cpuTime();
			for (const context of contexts) await app.run(context);
			microseconds += cpuTime() - before;
		}
		return microseconds / batches / cookies.length;
	};

/** `npm run benchmark -- middleware`: what the middleware adds to a request, without HTTP and with an instant store. */
export const middleware: Benchmark = {name: 'middleware', nodes: ['24', '26'], run};
