import {startRedis} from '../test/services/redis.ts';
import type {Benchmark} from './benchmark.ts';
import {casesOf, type HttpCase, ours, usualCases} from './http-cases.ts';
import {isAsked, type Plan} from './plan.ts';
import {tellOf} from './progress.ts';
import {quantile} from './quantile.ts';
import {ratioOf} from './ratio.ts';
import type {Comparison, Result} from './result.ts';
import {type AppSettings, type RequestFigures, ServedApp} from './served-app.ts';
import {spreadOf} from './spread.ts';
import {type Rounds, takeTurns} from './turns.ts';

const requests = 3000;

/** The module of each contestant. */
const modules: Readonly<Record<string, string>> = {
	[ours]: 'apps/koa-server-session.ts',
	'opened by URL': 'apps/opened.ts',
	'in memory': 'apps/in-memory.ts',
	'plain SET': 'apps/plain-set.ts',
	Koa: 'apps/koa.ts',
	'by hand': 'apps/by-hand.ts',
	'koa-session': 'rivals/koa-session.js',
	'koa-generic-session': 'rivals/koa-generic-session.js',
	'express-session': 'rivals/express-session.js',
	'@fastify/session': 'rivals/fastify-session.js',
};

/** What a session costs a request, against the limit and the rivals: the server's CPU time, in one alternating run. */
async function* run(plan: Plan): AsyncGenerator<Result> {
	for (const url of plan.urls) yield* runAll(casesOf(url), url, plan);
	if (plan.urls.length > 0) return;

	const redis = await startRedis();
	try {
		yield* runAll(usualCases(plan.node), redis.url, plan);
	} finally {
		await redis.stop();
	}
}

/** Cases that ask the same servers follow one another, so that these warm up but once. */
async function* runAll(cases: readonly HttpCase[], url: string, plan: Plan): AsyncGenerator<Result> {
	const asked = cases.filter(({title}) => isAsked(plan, title));
	const groups = Map.groupBy(asked, ({connections, isAutopipelining, contestant}) =>
		[contestant, connections, isAutopipelining].join(),
	);
	for (const group of groups.values()) yield* runGroup(group, url, plan);
}

async function* runGroup(cases: readonly HttpCase[], url: string, {isQuick}: Plan): AsyncGenerator<Result> {
	const [{connections: visitors, isAutopipelining}] = cases as [HttpCase];
	const names = new Set(cases.flatMap(({contestant, against}) => [contestant, ...Object.keys(against)]));
	const settings: Omit<AppSettings, 'module'> = {url, isAutopipelining, node: process.execPath, visitors};
	const starts = await Promise.allSettled(
		[...names].map(async name => [name, await ServedApp.start({...settings, module: modules[name] ?? ''})] as const),
	);
	const apps = new Map(starts.flatMap(start => (start.status === 'fulfilled' ? [start.value] : [])));
	try {
		for (const start of starts) if (start.status === 'rejected') throw start.reason;
		await warmUp(apps, cases, isQuick ? requests : 15 * requests);
		for (const each of cases) yield await runCase(each, apps, isQuick ? 3 : 9);
	} finally {
		await Promise.all([...apps.values()].map(app => app.stop()));
	}
}

/** Node goes on compiling for tens of thousands of requests, at the cost of the CPU time that is measured. */
const warmUp = async (apps: ReadonlyMap<string, ServedApp>, cases: readonly HttpCase[], total: number) => {
	for (const [name, app] of apps) {
		for (const {path, hasCookie, against, contestant} of cases) {
			if (name !== contestant && !Object.hasOwn(against, name)) continue;
			await app.measure(path, {hasCookie, requests: Math.ceil(total / cases.length)});
		}
	}
};

const runCase = async (each: HttpCase, apps: ReadonlyMap<string, ServedApp>, rounds: number): Promise<Result> => {
	const {title, path, hasCookie, contestant, against} = each;
	const asked = [...apps].filter(([name]) => name === contestant || Object.hasOwn(against, name));
	for (const [name, app] of asked) await verify(name, app, each);

	const contestants = asked.map(([name, app]) => [name, () => app.measure(path, {hasCookie, requests})] as const);
	return toResult(each, await takeTurns(Object.fromEntries(contestants), rounds, tellOf(`http ${title}`, rounds)));
};

/** A wrong answer may be fast. */
const verify = async (name: string, app: ServedApp, {path, hasCookie}: HttpCase): Promise<void> => {
	const before = await app.views(path, {hasCookie});
	const after = await app.views(path, {hasCookie});
	const expected = path === '/change' ? before + 1 : before;
	if (after !== expected) throw new Error(`Expected ${expected} views of ${name}, got ${after}`);
};

const toResult = (each: HttpCase, figures: Rounds<RequestFigures>): Result => {
	const {title, question, contestant, against} = each;
	const of = (name: string, figure: keyof RequestFigures) => (figures[name] ?? []).map(of => of[figure]);
	return {
		benchmark: 'http',
		title,
		question,
		unit: 'µs of the server’s CPU a request',
		measurements: Object.keys(figures).map(name => {
			const median = (figure: keyof RequestFigures) => quantile(of(name, figure), 0.5);
			return {
				name,
				value: spreadOf(of(name, 'cpu')),
				beside: {
					'requests/s': median('requestsPerSecond'),
					'p50, ms': median('p50'),
					'p99, ms': median('p99'),
					commands: median('commands'),
				},
			};
		}),
		comparisons: [
			...Object.entries(against).map(
				([name, limit]): Comparison => ({
					against: name,
					value: ratioOf(of(contestant, 'cpu'), of(name, 'cpu')),
					...(limit && {limit}),
				}),
			),
			...commandsOf(each, of(contestant, 'commands')),
		],
	};
};

/** Only commands to Redis are counted. */
const commandsOf = ({contestant, commands}: HttpCase, counted: readonly number[]): readonly Comparison[] => {
	if (contestant !== ours) return [];
	const limit = {atMost: commands};
	return [{against: 'commands to the store', unit: 'commands a request', value: spreadOf(counted), limit}];
};

/** `npm run benchmark -- http` */
export const http: Benchmark = {name: 'http', nodes: ['24', '26'], run};
