import {startRedis} from '../../test/services/redis.ts';
import {keepCoreFree} from '../apps/own-core.ts';
import {type AppSettings, type RequestFigures, ServedApp} from '../apps/served-app.ts';
import {joinRounds, type Rounds, takeTurns} from '../measure.ts';
import {type Benchmark, isAsked, type Plan} from '../plan.ts';
import {progressOf} from '../report/terminal.ts';
import type {Comparison, Limit, Result} from '../results.ts';
import {quantile, ratioOf, spreadOf} from '../statistics.ts';

/** One question: what `path` costs `contestant`, compared with the others. */
type HttpCase = {
	readonly title: string;
	readonly question: string;
	readonly path: string;
	readonly hasCookie: boolean;
	readonly contestant: string;
	readonly connections: number;
	readonly isAutopipelining: boolean;

	/** The others, and the target for each ratio if there is one. */
	readonly against: Readonly<Record<string, Limit | undefined>>;

	/** The most commands that a request may send to the store. */
	readonly commands: number;
};

type Route = Pick<HttpCase, 'question' | 'path' | 'hasCookie' | 'commands'> & {
	readonly name: string;
	readonly limits: Readonly<Record<string, number>>;
};

/** Node 24.21.0 signs five to ten times slower than other versions with the keys that koa-session uses. */
const koaSession = (on24: number, elsewhere: number) => ({
	'koa-session': process.version === 'v24.21.0' ? on24 : elsewhere,
});

const routes: readonly Route[] = [
	{
		name: 'untouched',
		question: 'What does a request without a cookie cost if its route has nothing to do with sessions?',
		path: '/none',
		hasCookie: false,
		commands: 0,
		limits: {Koa: 1.05},
	},
	{
		name: 'anonymous',
		question: 'What does a request without a cookie cost if its route looks for a session?',
		path: '/read',
		hasCookie: false,
		commands: 0,
		limits: {Koa: 1.05},
	},
	{
		name: 'read',
		question: 'What does a request cost that reads its session?',
		path: '/read',
		hasCookie: true,
		commands: 1,
		limits: {'by hand': 1.15, ...koaSession(0.4, 0.65), 'express-session': 0.45, '@fastify/session': 0.75},
	},
	{
		name: 'change',
		question: 'What does a request cost that changes its session?',
		path: '/change',
		hasCookie: true,
		commands: 2,
		limits: {
			'by hand': 1.2,
			...koaSession(0.45, 0.65),
			'express-session': 0.6,
			'@fastify/session': 0.85,
			'plain SET': 1.15,
		},
	},
];

const ours = 'koa-server-session';
const opponents = ['Koa', 'by hand', 'koa-session', 'koa-generic-session', 'express-session', '@fastify/session'];

/** Where each contestant comes from: a file in `apps/` and its export. */
const sources: Readonly<Record<string, readonly [module: string, name: string]>> = {
	[ours]: ['koa-server-session.ts', 'onRedis'],
	'opened by URL': ['koa-server-session.ts', 'onUrl'],
	'in memory': ['koa-server-session.ts', 'inMemory'],
	'near cache': ['koa-server-session.ts', 'onNearCache'],
	'plain SET': ['koa-server-session.ts', 'onPlainSet'],
	Koa: ['baselines.ts', 'koa'],
	'by hand': ['baselines.ts', 'leastByHand'],
	'koa-session': ['rivals.js', 'koaSession'],
	'koa-generic-session': ['rivals.js', 'koaGenericSession'],
	'express-session': ['rivals.js', 'expressSession'],
	'@fastify/session': ['rivals.js', 'fastifySession'],
};

const casesOnRedis = (connections: number): readonly HttpCase[] =>
	routes.flatMap(({name, limits, ...route}) =>
		// Without commands, there is nothing to pipeline.
		(route.commands === 0 ? [false] : [false, true]).map(isAutopipelining => ({
			...route,
			title: `redis ${name}, ${connections} connections${isAutopipelining ? ', autopipelining' : ''}`,
			contestant: ours,
			connections,
			isAutopipelining,
			against: {
				...Object.fromEntries(opponents.map(opponent => [opponent, undefined])),
				...Object.fromEntries(Object.entries(limits).map(([opponent, atMost]) => [opponent, {atMost}])),
			},
		})),
	);

/** More connections show the same on another Node, so one number is enough there. */
const usualCases = (node: string | undefined): readonly HttpCase[] => [
	...casesOnRedis(50),
	...(node === '26' ? [] : casesOnRedis(200)),
	{
		title: 'memory read, 50 connections',
		question: 'What does a request cost that reads its session from memory?',
		path: '/read',
		hasCookie: true,
		contestant: 'in memory',
		connections: 50,
		isAutopipelining: false,
		against: {Koa: {atMost: 1.35}},
		commands: 0,
	},
	{
		title: 'redis read, near cache, 50 connections',
		question: 'What does a request cost that reads its session from a warm near cache?',
		path: '/read',
		hasCookie: true,
		contestant: 'near cache',
		connections: 50,
		isAutopipelining: false,
		against: {'by hand': {atMost: 0.9}, Koa: undefined},
		commands: 0,
	},
];

const casesOnUrl = (url: string): readonly HttpCase[] =>
	routes.map(({name, limits: _, ...route}) => ({
		...route,
		title: `${url.slice(0, url.indexOf(':'))} ${name}, 50 connections`,
		contestant: 'opened by URL',
		connections: 50,
		isAutopipelining: false,
		against: {Koa: undefined},
	}));

async function* run(plan: Plan): AsyncGenerator<Result> {
	for (const url of plan.urls) yield* runAll(casesOnUrl(url), url, plan);
	if (plan.urls.length > 0) return;

	keepCoreFree();
	const redis = await startRedis();
	try {
		yield* runAll(usualCases(plan.node), redis.url, plan);
	} finally {
		await redis.stop();
	}
}

/** Cases with the same servers run in a group, so that the servers warm up only once. */
async function* runAll(cases: readonly HttpCase[], url: string, plan: Plan): AsyncGenerator<Result> {
	const asked = cases.filter(({title}) => isAsked(plan, title));
	const groups = Map.groupBy(asked, ({connections, isAutopipelining, contestant}) =>
		[contestant, connections, isAutopipelining].join(),
	);
	for (const group of groups.values()) yield* runGroup(group, url, plan);
}

const requests = 3000;

/** Node keeps compiling for tens of thousands of requests to a route, and that costs the CPU time to be measured. */
const warmUpRequests = 20_000;

/** How often all contestants are started. Each process has its luck: what V8 compiles how, and how requests gather. */
const passes = 5;

async function* runGroup(cases: readonly HttpCase[], url: string, {isQuick}: Plan): AsyncGenerator<Result> {
	const measured = new Map(cases.map(each => [each, [] as Rounds<RequestFigures>[]]));
	for (let pass = 1; pass <= (isQuick ? 1 : passes); pass++) {
		const apps = await startAll(cases, url);
		try {
			await warmUp(apps, cases, isQuick ? requests : warmUpRequests);
			for (const [each, runs] of measured) runs.push(await measureCase(each, apps, isQuick ? 3 : 2, runs.length));
		} finally {
			await stopAll(apps);
		}
	}
	for (const [each, rounds] of measured) yield toResult(each, joinRounds(rounds));
}

type Apps = ReadonlyMap<string, ServedApp>;

const startAll = async (cases: readonly HttpCase[], url: string): Promise<Apps> => {
	const [{connections: visitors, isAutopipelining}] = cases as [HttpCase];
	const names = new Set(cases.flatMap(({contestant, against}) => [contestant, ...Object.keys(against)]));
	const settings: Omit<AppSettings, 'module' | 'name'> = {url, isAutopipelining, node: process.execPath, visitors};
	const start = async (contestant: string) => {
		const [module = '', name = ''] = sources[contestant] ?? [];
		return [contestant, await ServedApp.start({...settings, module, name})] as const;
	};
	const starts = await Promise.allSettled([...names].map(start));
	const apps = new Map(starts.flatMap(start => (start.status === 'fulfilled' ? [start.value] : [])));
	for (const start of starts) {
		if (start.status === 'fulfilled') continue;
		await stopAll(apps);
		throw start.reason;
	}
	return apps;
};

const stopAll = (apps: Apps) => Promise.all([...apps.values()].map(app => app.stop()));

const warmUp = async (apps: Apps, cases: readonly HttpCase[], count: number) => {
	for (const [name, app] of apps) {
		for (const {path, hasCookie, against, contestant} of cases) {
			if (name !== contestant && !Object.hasOwn(against, name)) continue;
			await app.measure(path, {hasCookie, requests: count});
		}
	}
};

/** @param pass How many there were before. Each begins with other contestants. */
const measureCase = async (
	each: HttpCase,
	apps: Apps,
	rounds: number,
	pass: number,
): Promise<Rounds<RequestFigures>> => {
	const {title, path, hasCookie, contestant, against} = each;
	const asked = [...apps].filter(([name]) => name === contestant || Object.hasOwn(against, name));
	for (const [name, app] of asked) await verify(name, app, each);

	// What was idle during the others' turns may have been paged out.
	const measure = (app: ServedApp) => app.measure(path, {hasCookie, requests, unmeasured: requests});
	const contestants = asked.map(([name, app]) => [name, () => measure(app)] as const);
	return takeTurns(Object.fromEntries(contestants), rounds, progressOf(`http ${title}`, rounds), pass * rounds);
};

/** A wrong response may be fast. */
const verify = async (name: string, app: ServedApp, {path, hasCookie}: HttpCase): Promise<void> => {
	const before = await app.views(path, {hasCookie});
	const after = await app.views(path, {hasCookie});
	const expected = path === '/change' ? before + 1 : before;
	if (after !== expected) throw new Error(`Expected ${expected} views from ${name}, got ${after}`);
};

const toResult = (each: HttpCase, figures: Rounds<RequestFigures>): Result => {
	const {title, question, contestant, against, commands} = each;
	const of = (name: string, figure: keyof RequestFigures) => (figures[name] ?? []).map(of => of[figure]);
	const measurements = Object.keys(figures).map(name => {
		const median = (figure: keyof RequestFigures) => quantile(of(name, figure), 0.5);
		const columns = {
			'requests/s': median('requestsPerSecond'),
			'p50, ms': median('p50'),
			'p99, ms': median('p99'),
			commands: median('commands'),
		};
		return {name, value: spreadOf(of(name, 'cpu')), columns};
	});
	const comparisons = Object.entries(against).map(
		([name, limit]): Comparison => ({
			against: name,
			value: ratioOf(of(contestant, 'cpu'), of(name, 'cpu')),
			...(limit && {limit}),
		}),
	);
	// Only commands to Redis are counted.
	const counted: Comparison = {
		against: 'commands to the store',
		unit: 'commands per request',
		value: spreadOf(of(contestant, 'commands')),
		limit: {atMost: commands},
	};
	return {
		benchmark: 'http',
		title,
		question,
		unit: 'µs of server CPU per request',
		measurements,
		comparisons: contestant === ours ? [...comparisons, counted] : comparisons,
	};
};

/** `npm run benchmark -- http`: CPU time of the server per request. */
export const http: Benchmark = {name: 'http', nodes: ['24', '26'], run};
