import {startMemcached} from '../test/services/memcached.ts';
import {startMysql} from '../test/services/mysql.ts';
import {startPostgres} from '../test/services/postgres.ts';
import {startRedis} from '../test/services/redis.ts';
import {type Backend, backends} from './backends.ts';
import type {Benchmark} from './benchmark.ts';
import {Crowd, type Turn, type Work, works} from './crowd.ts';
import {fillDynamo} from './fill/dynamodb.ts';
import {type Fill, throughStore} from './fill/fill.ts';
import {fillMongo} from './fill/mongodb.ts';
import {fillRedis} from './fill/redis.ts';
import {fillSql} from './fill/sql.ts';
import type {Block} from './longest-block.ts';
import {isAsked, type Plan} from './plan.ts';
import {tell, tellOf} from './progress.ts';
import {ratioOf} from './ratio.ts';
import type {Limit, Result} from './result.ts';
import {spreadOf} from './spread.ts';
import {type Rounds, takeTurns} from './turns.ts';

const few = 1000;

/** Where sessions are to grow in number. */
type Growth = {
	/** Servers of its own, with memory for all that. */
	readonly start?: Backend['start'];

	/** Whether few and many need a server each, since one has no place for both apart. */
	readonly isApart?: true;
	readonly many: number;
	readonly fill: Fill;

	/** Settings in the store's URL. */
	readonly settings?: string;

	/** The most that few may grow to. */
	readonly atMost: number;

	readonly turn: Turn;
};

const usual = {records: 100, lists: 50};
const sql = {many: 1_000_000, fill: fillSql, atMost: 1.5, turn: usual};

const growths: Readonly<Record<string, Growth>> = {
	memory: {many: 1_000_000, fill: throughStore, atMost: 2, turn: {records: 100, lists: 5}},
	file: {many: 100_000, fill: throughStore, atMost: 2, turn: {records: 100, lists: 1}},
	redis: {many: 1_000_000, start: startRedis, isApart: true, fill: fillRedis, atMost: 1.5, turn: usual},
	memcached: {
		many: 1_000_000,
		start: () => startMemcached({'memory-limit': '2048'}),
		isApart: true,
		fill: throughStore,
		atMost: 2,
		turn: usual,
	},
	// The stand-in takes longer to write the more it holds, until calls time out.
	mongodb: {many: 5000, fill: fillMongo, atMost: 2, turn: {records: 16, lists: 16}},
	// One connection, so that one process of the server has seen all.
	postgres: {...sql, start: () => startPostgres({shared_buffers: '1GB'}), settings: 'pool=1'},
	mysql: {...sql, start: () => startMysql({'innodb-buffer-pool-size': '1G', 'innodb-log-file-size': '256M'})},
	sqlite: sql,
	dynamodb: {many: 100_000, fill: fillDynamo, atMost: 2, turn: {records: 100, lists: 10}},
};

/** What becomes of the cost of an operation as sessions grow in number, on servers of its own. */
async function* run(plan: Plan): AsyncGenerator<Result> {
	for (const backend of backends) {
		const growth = growths[backend.name];
		const isWanted = (work: Work | 'block') => isAsked(plan, `${backend.name} ${work}`);
		if (!growth || ![...works, 'block' as const].some(isWanted)) continue;
		try {
			yield* runBackend(backend, growth, plan, isWanted);
		} catch (error) {
			// The others go on, since each is worth something alone.
			console.error(`The benchmark scale failed on ${backend.name}:`, error);
			process.exitCode = 1;
		}
	}
}

async function* runBackend(
	backend: Backend,
	growth: Growth,
	plan: Plan,
	isWanted: (work: Work | 'block') => boolean,
): AsyncGenerator<Result> {
	const {start = backend.start, isApart, fill, settings} = growth;
	const at = (url: string, place: string) => backend.at(settings === undefined ? url : `${url}?${settings}`, place);
	const many = plan.isQuick ? growth.many / 20 : growth.many;
	const server = await start();
	const another = isApart ? await start() : server;
	try {
		const small = await Crowd.gather(at(server.url, 'few'), few, fill);
		tell(`scale ${backend.name}: ${count(many)} sessions gather`);
		const large = await Crowd.gather(at(another.url, 'many'), many, fill);
		for (const work of works.filter(work => small.can(work) && isWanted(work))) {
			const rounds = plan.isQuick || growth.turn.lists === 1 ? 3 : 31;
			const measure = (crowd: Crowd) => () => crowd.measure(work, growth.turn);
			const contestants = {[count(few)]: measure(small), [count(many)]: measure(large)};
			const figures = await takeTurns(contestants, rounds, tellOf(`scale ${backend.name} ${work}`, rounds));
			// A walk over a subject's sessions has no target: files have no index.
			const limit = work === 'list' ? undefined : {atMost: growth.atMost};
			yield toResult(`${backend.name} ${work}`, questions[work], figures, limit);
		}

		if (large.can('prune') && isWanted('block')) yield toBlockResult(backend.name, many, await large.blocked());
		await Promise.all([small.store.close?.(), large.store.close?.()]);
	} finally {
		await server.stop();
		if (isApart) await another.stop();
	}
}

const count = (sessions: number): string => `${sessions.toLocaleString('en-GB')} sessions`;

const questions: Readonly<Record<Work, string>> = {
	read: 'Does reading a session take longer as more are stored?',
	update: 'Does changing a session take longer as more are stored?',
	prune: 'Does removing a hundred that ended take longer as more are stored?',
	list: 'Does listing the sessions of a user take longer as more are stored?',
};

const toResult = (title: string, question: string, figures: Rounds<number>, limit: Limit | undefined): Result => {
	const [[smallest = '', before = []] = [], [, after = []] = []] = Object.entries(figures);
	return {
		benchmark: 'scale',
		title,
		question,
		unit: 'ms',
		measurements: Object.entries(figures).map(([name, values]) => ({name, value: spreadOf(values)})),
		comparisons: [{against: smallest, value: ratioOf(after, before), ...(limit && {limit})}],
	};
};

const toBlockResult = (
	name: string,
	many: number,
	blocks: Readonly<Record<'some' | 'none', readonly Block[]>>,
): Result => {
	const named = [
		['some have ended', blocks.some],
		['none has ended', blocks.none],
	] as const;
	return {
		benchmark: 'scale',
		title: `${name} block`,
		question: `How long does nothing else run while a step of prune() looks at ${count(many)}?`,
		unit: 'ms',
		measurements: named.map(([name, steps]) => ({
			name,
			value: spreadOf(steps.map(({atWork}) => atWork)),
			beside: {longest: longest(steps, 'atWork'), 'longest, by the clock': longest(steps, 'clock')},
		})),
		comparisons: named.map(([name, steps]) => ({
			against: `the event loop, ${name}`,
			value: spreadOf(steps.map(({atWork}) => atWork)),
			unit: 'ms',
			limit: {atMost: 5},
		})),
	};
};

const longest = (steps: readonly Block[], by: keyof Block): number => Math.max(...steps.map(step => step[by]));

/** `npm run benchmark -- scale` */
export const scale: Benchmark = {name: 'scale', nodes: ['24'], run};
