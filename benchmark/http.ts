import {startRedis} from '../test/services/redis.ts';
import {installRivals} from './install.ts';
import {quantile} from './quantile.ts';
import {ratioOf} from './ratio.ts';
import {type AppSettings, type RequestFigures, ServedApp} from './served-app.ts';
import {takeTurns} from './turns.ts';

const rounds = 15;
const requests = 4000;

const ours = 'koa-server-session';

/** The module of each contestant. */
const modules: Readonly<Record<string, string>> = {
	[ours]: 'apps/koa-server-session.ts',
	'in memory': 'apps/in-memory.ts',
	'plain SET': 'apps/plain-set.ts',
	Koa: 'apps/koa.ts',
	'by hand': 'apps/by-hand.ts',
	'koa-session': 'rivals/koa-session.js',
	'koa-generic-session': 'rivals/koa-generic-session.js',
	'express-session': 'rivals/express-session.js',
	'@fastify/session': 'rivals/fastify-session.js',
};

const rivals = ['koa-session', 'koa-generic-session', 'express-session', '@fastify/session'];

/** One question: what `path` costs `contestant`, against the others. */
type HttpCase = {
	readonly title: string;
	readonly path: string;
	readonly hasCookie: boolean;
	readonly contestant: string;

	/** Against whom, and the most that the ratio may be where that was set as a target. */
	readonly against: Readonly<Record<string, number | undefined>>;
};

const redisCase = (
	title: string,
	path: string,
	hasCookie: boolean,
	targets: Readonly<Record<string, number>>,
): HttpCase => ({
	title: `redis ${title}`,
	path,
	hasCookie,
	contestant: ours,
	against: {...Object.fromEntries(['Koa', 'by hand', ...rivals].map(name => [name, undefined])), ...targets},
});

/** Node 24.21.0 signs five to ten times slower than others with the keys that koa-session uses. */
const koaSession = (at24: number, elsewhere: number) => ({
	'koa-session': process.version === 'v24.21.0' ? at24 : elsewhere,
});

const cases: readonly HttpCase[] = [
	redisCase('untouched', '/none', false, {Koa: 1.05}),
	redisCase('anonymous', '/read', false, {}),
	redisCase('read', '/read', true, {
		'by hand': 1.15,
		...koaSession(0.4, 0.65),
		'express-session': 0.45,
		'@fastify/session': 0.75,
	}),
	redisCase('change', '/change', true, {
		'by hand': 1.2,
		...koaSession(0.45, 0.65),
		'express-session': 0.6,
		'@fastify/session': 0.85,
		'plain SET': 1.15,
	}),
	{title: 'memory read', path: '/read', hasCookie: true, contestant: 'in memory', against: {Koa: 1.35}},
];

/** What a session costs a request, against the limit and the rivals: the server's CPU time, in one alternating run. */
const run = async (words: readonly string[]): Promise<void> => {
	installRivals();
	const redis = await startRedis();
	try {
		for (const each of cases.filter(({title}) => words.every(word => title.split(' ').includes(word)))) {
			for (const isAutopipelining of each.title.startsWith('redis') ? [false, true] : [false]) {
				const settings = {redisUrl: redis.url, isAutopipelining, node: process.execPath, visitors: 50};
				await runCase(each, settings);
			}
		}
	} finally {
		await redis.stop();
	}
};

const runCase = async (each: HttpCase, settings: Omit<AppSettings, 'module'>): Promise<void> => {
	const {title, path, hasCookie, contestant, against} = each;
	const names = [contestant, ...Object.keys(against)];
	const started = await Promise.all(
		names.map(async name => [name, await ServedApp.start({...settings, module: modules[name] ?? ''})] as const),
	);
	const apps = Object.fromEntries(started);
	try {
		for (const [name, app] of started) await verify(name, app, each);

		const measure = (app: ServedApp) => () => app.measure(path, {hasCookie, requests});
		const contestants = Object.fromEntries(Object.entries(apps).map(([name, app]) => [name, measure(app)]));
		const figures = await takeTurns(contestants, rounds, round => {
			process.stderr.write(`\r${title}: round ${round} of ${rounds} `);
		});
		process.stderr.write('\r');
		print(`${title}${settings.isAutopipelining ? ', autopipelining' : ''}`, each, figures);
	} finally {
		for (const app of Object.values(apps)) app.stop();
	}
};

/** A wrong answer may be fast. */
const verify = async (name: string, app: ServedApp, {path, hasCookie}: HttpCase): Promise<void> => {
	const before = await app.views(path, {hasCookie});
	const after = await app.views(path, {hasCookie});
	const expected = path === '/change' ? before + 1 : before;
	if (after !== expected) throw new Error(`Expected ${expected} views of ${name}, got ${after}`);
};

const print = (
	title: string,
	{contestant, against}: HttpCase,
	figures: Readonly<Record<string, readonly RequestFigures[]>>,
): void => {
	const of = (name: string, figure: keyof RequestFigures) => (figures[name] ?? []).map(each => each[figure]);
	const rows = Object.keys(figures).map(name => {
		const median = (figure: keyof RequestFigures) => quantile(of(name, figure), 0.5);
		const ratio = ratioOf(of(contestant, 'cpu'), of(name, 'cpu'));
		return {
			'': name,
			'CPU, µs': median('cpu').toFixed(0),
			'requests/s': median('requestsPerSecond').toFixed(0),
			'p50, ms': median('p50').toFixed(1),
			'p99, ms': median('p99').toFixed(1),
			commands: median('commands').toFixed(2),
			ratio: name === contestant ? '' : (ratio?.median.toFixed(2) ?? 'spreads too much'),
			'middle half': name === contestant || !ratio ? '' : `${ratio.low.toFixed(2)} to ${ratio.high.toFixed(2)}`,
			'at most': against[name]?.toFixed(2) ?? '',
		};
	});
	console.log(title);
	console.table(rows);
};

/** `npm run benchmark -- http` */
export const http = {name: 'http', run};
