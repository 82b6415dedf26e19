import {startRedis} from '../test/services/redis.ts';
import {compare, printComparison} from './comparison.ts';
import {ServedApp} from './served-app.ts';

const rounds = 15;
const requests = 4000;
const connections = 20;

/** What a session costs a request: the server's CPU time, in pairs of alternating rounds. */
const run = async (): Promise<void> => {
	const redis = await startRedis();
	try {
		await pair('read from the memory store, against Koa without sessions', 'memory', 'bare', '/read', 1.6);
		const environment = {BENCHMARK_REDIS_URL: redis.url};
		await pair(
			'change on Redis by compare-and-swap, against a plain SET',
			'redis-cas',
			'redis-set',
			'/change',
			1.15,
			environment,
		);
	} finally {
		await redis.stop();
	}
};

const pair = async (
	title: string,
	name: string,
	rivalName: string,
	path: string,
	target: number,
	environment?: NodeJS.ProcessEnv,
): Promise<void> => {
	const start = (name: string) => ServedApp.start(name, connections, environment);
	const [app, rival] = await Promise.all([start(name), start(rivalName)]);
	try {
		await verify(app, path);
		const measure = (served: ServedApp) => () => served.measure(path, requests);
		printComparison(title, 'µs of server CPU a request', await compare(measure(app), measure(rival), rounds), target);
	} finally {
		app.stop();
		rival.stop();
	}
};

/** A wrong answer may be fast. */
const verify = async (app: ServedApp, path: string): Promise<void> => {
	const before = await app.views(path);
	const after = await app.views(path);
	const expected = path === '/change' ? before + 1 : before;
	if (after !== expected) throw new Error(`Expected ${expected} views, got ${after}`);
};

/** `npm run benchmark -- http` */
export const http = {name: 'http', run};
