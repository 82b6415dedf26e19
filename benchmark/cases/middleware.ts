import {setImmediate} from 'node:timers/promises';
import type {Alone} from './alone/alone.ts';
import {byHand} from './alone/by-hand.ts';
import {koa} from './alone/koa.ts';
import {ours} from './alone/ours.ts';
import type {Benchmark} from './benchmark.ts';
import {collectYoung} from './garbage.ts';
import {isAsked, type Plan} from './plan.ts';
import {tellOf} from './progress.ts';
import {quantile} from './quantile.ts';
import {ratioOf} from './ratio.ts';
import type {Limit, Result} from './result.ts';
import {spreadOf} from './spread.ts';
import {takeTurns} from './turns.ts';

const batches = 10;

/** Each with a session, and a request in each batch. */
const visitors = 100;

/** One question: what the middleware does to a request for `path`, when nothing else costs anything. */
type MiddlewareCase = {
	readonly title: string;
	readonly question: string;
	readonly path: string;
	readonly hasCookie: boolean;
};

const cases: readonly MiddlewareCase[] = [
	{
		title: 'anonymous',
		question: 'What does the middleware alone cost a request without a cookie, that looks for a session?',
		path: '/read',
		hasCookie: false,
	},
	{
		title: 'untouched',
		question: 'What does the middleware alone cost a request with a session that it never touches?',
		path: '/none',
		hasCookie: true,
	},
	{
		title: 'read',
		question: 'What does the middleware alone cost a request that reads its session?',
		path: '/read',
		hasCookie: true,
	},
	{
		title: 'change',
		question: 'What does the middleware alone cost a request that changes its session?',
		path: '/change',
		hasCookie: true,
	},
];

/** Where there is a session. */
const limits: Readonly<Record<string, Limit>> = {'by hand': {atMost: 2.5}, 'koa-session, unsigned': {atMost: 0.6}};

async function* run(plan: Plan): AsyncGenerator<Result> {
	const {koaSession}: {koaSession: () => Alone} = await import(rival);
	const makers = {
		'koa-server-session': ours,
		'by hand': byHand('what differs'),
		'by hand, knowing the routes': byHand('by route'),
		'koa-session, unsigned': koaSession,
		'no session': koa,
	};
	for (const each of cases.filter(({title}) => isAsked(plan, title))) {
		yield runCase(each, makers, plan.isQuick ? 9 : 61);
	}
}

/** Not known when types are checked: it has dependencies of its own. */
const rival = './rivals/koa-session-alone.js' as string;

const runCase = async (
	each: MiddlewareCase,
	makers: Readonly<Record<string, () => Alone>>,
	rounds: number,
): Promise<Result> => {
	const {title, question, hasCookie} = each;
	const contestants: Record<string, () => Promise<number>> = {};
	for (const [name, make] of Object.entries(makers)) {
		const alone = make();
		const cookies: (string | undefined)[] = [];
		while (cookies.length < visitors) {
			const {cookie = 'sid=none'} = await alone.answer('/start');
			cookies.push(hasCookie ? cookie : undefined);
		}
		await verify(name, alone, each, cookies[0]);
		contestants[name] = measure(alone, each, cookies);
	}

	const {
		'koa-server-session': our = [],
		'no session': nothing = [],
		...rivals
	} = await takeTurns(contestants, rounds, tellOf(`middleware ${title}`, rounds));
	const all = Object.entries({'koa-server-session': our, ...rivals});
	return {
		benchmark: 'middleware',
		title,
		question,
		unit: 'µs of CPU a request',
		measurements: all.map(([name, figures]) => ({
			name,
			value: spreadOf(less(figures, nothing)),
			beside: {'with the route': quantile(figures, 0.5), 'the route alone': quantile(nothing, 0.5)},
		})),
		comparisons: Object.entries(rivals).map(([against, figures]) => ({
			against,
			value: ratioOf(less(our, nothing), less(figures, nothing)),
			...(hasCookie && limits[against] && {limit: limits[against]}),
		})),
	};
};

/** Round by round: what is left when the route, which all of them run, is taken off. */
const less = (figures: readonly number[], nothing: readonly number[]): readonly number[] =>
	figures.map((figure, round) => figure - (nothing[round] ?? Number.NaN));

/** A wrong answer may be fast. */
const verify = async (name: string, alone: Alone, {path}: MiddlewareCase, cookie: string | undefined) => {
	const {views: before} = await alone.answer(path, cookie);
	const {views: after} = await alone.answer(path, cookie);
	const expected = path === '/change' ? before + 1 : before;
	if (after !== expected) throw new Error(`Expected ${expected} views of ${name}, got ${after}`);
};

/** In microseconds of CPU time. What Koa and Node make of a request is made before. */
const measure =
	(alone: Alone, {path}: MiddlewareCase, cookies: readonly (string | undefined)[]) =>
	async () => {
		let microseconds = 0;
		for (let batch = 0; batch < batches; batch++) {
			const contexts = cookies.map(cookie => alone.context(path, cookie));
			// Else it would fall to whoever is measured next to clear away what was made for it.
			collectYoung();
			await setImmediate();
			const before = process.cpuUsage();
			for (const context of contexts) await alone.run(context);
			const {user, system} = process.cpuUsage(before);
			microseconds += user + system;
		}
		return microseconds / batches / cookies.length;
	};

/** `npm run benchmark -- middleware` */
export const middleware: Benchmark = {name: 'middleware', nodes: ['24', '26'], run};
