import type {Limit} from './result.ts';

/** One question: what `path` costs `contestant`, against the others. */
export type HttpCase = {
	readonly title: string;
	readonly question: string;
	readonly path: string;
	readonly hasCookie: boolean;
	readonly contestant: string;
	readonly connections: number;
	readonly isAutopipelining: boolean;

	/** Against whom, and the most that the ratio may be where that was set as a target. */
	readonly against: Readonly<Record<string, Limit | undefined>>;

	/** The most commands to the store that a request may send. */
	readonly commands: number;
};

export const ours = 'koa-server-session';

type Route = Pick<HttpCase, 'question' | 'path' | 'hasCookie' | 'commands'> & {
	readonly name: string;
	readonly limits: Readonly<Record<string, number>>;
};

/** Node 24.21.0 signs five to ten times slower than others with the keys that koa-session uses. */
const koaSession = (at24: number, elsewhere: number) => ({
	'koa-session': process.version === 'v24.21.0' ? at24 : elsewhere,
});

const routes: readonly Route[] = [
	{
		name: 'untouched',
		question: 'What does a request cost that has nothing to do with sessions?',
		path: '/none',
		hasCookie: false,
		commands: 0,
		limits: {Koa: 1.05},
	},
	{
		name: 'anonymous',
		question: 'What does a request without a cookie cost, whose route looks for a session?',
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

const opponents = ['Koa', 'by hand', 'koa-session', 'koa-generic-session', 'express-session', '@fastify/session'];

const onRedis = (connections: number): readonly HttpCase[] =>
	routes.flatMap(({name, limits, ...route}) =>
		// Where no command is sent, there is nothing to be put together.
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

/** On Redis, as the rivals, and in memory. More connections tell the same on another Node, so one is enough. */
export const usualCases = (node: string | undefined): readonly HttpCase[] => [
	...onRedis(50),
	...(node === '26' ? [] : onRedis(200)),
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
];

/** On the store of a URL, against Koa alone. */
export const casesOf = (url: string): readonly HttpCase[] =>
	routes.map(({name, limits: _, ...route}) => ({
		...route,
		title: `${url.slice(0, url.indexOf(':'))} ${name}, 50 connections`,
		contestant: 'opened by URL',
		connections: 50,
		isAutopipelining: false,
		against: {Koa: undefined},
	}));
