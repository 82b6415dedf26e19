import {startMemcached} from '../../test/services/memcached.ts';
import {startMysql} from '../../test/services/mysql.ts';
import {startPostgres} from '../../test/services/postgres.ts';
import {startRedis} from '../../test/services/redis.ts';
import {type Block, type Rounds, takeTurns} from '../measure.ts';
import {type Benchmark, isAsked, type Plan} from '../plan.ts';
import {progressOf, showProgress} from '../report/terminal.ts';
import type {Limit, Result} from '../results.ts';
import {ratioOf, spreadOf} from '../statistics.ts';
import {type Backend, backends} from '../stores/backends.ts';
import {Crowd, type Turn, type Work, works} from '../stores/crowd.ts';
import {type Fill, fillDynamo, fillMongo, fillRedis, fillSql, throughStore} from '../stores/fill.ts';

const few = 1000;

/** How the number of sessions grows in a backend. */
type Growth = {
	/** Starts a server with enough memory. */
	readonly start?: Backend['start'];

	/** Whether few and many need separate servers, because one server can't keep them apart. */
	readonly isApart?: true;
	readonly many: number;
	readonly fill: Fill;

	/** Parameters for the store's URL. */
	readonly settings?: string;

	/** The target for the ratio of the costs. */
	readonly atMost: number;

	readonly turn: Turn;
};

const usual = {records: 100, lists: 50};

/** Otherwise a create would now and then sweep what a prune is to find. */
const settings = 'pruneEvery=0';
const sql = {many: 1_000_000, fill: fillSql, settings, atMost: 1.5, turn: usual};

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
	// The more the stand-in holds, the longer it takes to write, until calls time out.
	mongodb: {many: 5000, fill: fillMongo, settings, atMost: 2, turn: {records: 16, lists: 16}},
	// With one connection, one process of the server reads every page.
	postgres: {...sql, start: () => startPostgres({shared_buffers: '1GB'}), settings: `pool=1&${settings}`},
	mysql: {...sql, start: () => startMysql({'innodb-buffer-pool-size': '1G', 'innodb-log-file-size': '256M'})},
	sqlite: sql,
	dynamodb: {many: 100_000, fill: fillDynamo, atMost: 2, turn: {records: 100, lists: 10}},
};

async function* run(plan: Plan): AsyncGenerator<Result> {
	for (const backend of backends) {
		const growth = growths[backend.name];
		const isWanted = (work: Work | 'block') => isAsked(plan, `${backend.name} ${work}`);
		if (!growth || ![...works, 'block' as const].some(isWanted)) continue;
		try {
			yield* runBackend(backend, growth, plan, isWanted);
		} catch (error) {
			// The others still run: each is useful alone.
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
		showProgress(`scale ${backend.name}: writing ${count(many)}`);
		const large = await Crowd.gather(at(another.url, 'many'), many, fill);
		for (const work of works.filter(work => small.can(work) && isWanted(work))) {
			const rounds = plan.isQuick || growth.turn.lists === 1 ? 3 : 31;
			const measure = (crowd: Crowd) => () => crowd.measure(work, growth.turn);
			const contestants = {[count(few)]: measure(small), [count(many)]: measure(large)};
			const figures = await takeTurns(contestants, rounds, progressOf(`scale ${backend.name} ${work}`, rounds));
			// Listing has no target, since files have no index of subjects.
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
	prune: 'Does pruning a hundred expired sessions take longer as more are stored?',
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
		['some have expired', blocks.some],
		['none has expired', blocks.none],
	] as const;
	return {
		benchmark: 'scale',
		title: `${name} block`,
		question: `How long does a step of prune() keep everything else waiting, with ${count(many)}?`,
		unit: 'ms',
		measurements: named.map(([name, steps]) => ({
			name,
			value: spreadOf(steps.map(({atWork}) => atWork)),
			columns: {longest: longest(steps, 'atWork'), 'longest, by the clock': longest(steps, 'clock')},
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

/** `npm run benchmark -- scale`: whether operations cost more as more sessions are stored. */
export const scale: Benchmark = {name: 'scale', nodes: ['24'], run};
