import {startRedis} from '../../test/services/redis.ts';
import {keepCoreFree} from '../apps/own-core.ts';
import {type RequestFigures, ServedApp} from '../apps/served-app.ts';
import {type Rounds, takeTurns} from '../measure.ts';
import {type Benchmark, isAsked, type Plan} from '../plan.ts';
import {progressOf} from '../report/terminal.ts';
import type {Result} from '../results.ts';
import {quantile, ratioOf, spreadOf} from '../statistics.ts';

const ours = 'koa-server-session';
const older = 'an older version';
const title = 'redis change, 200 connections, one session';

/** A page that sends many requests at once, or an attacker. */
const connections = 200;
const requests = 3000;

async function* run(plan: Plan): AsyncGenerator<Result> {
	if (!isAsked(plan, title)) return;

	keepCoreFree();
	const redis = await startRedis();
	const start = (module: string) =>
		ServedApp.start({
			module,
			name: 'onRedis',
			url: redis.url,
			isAutopipelining: false,
			node: process.execPath,
			visitors: connections,
		});
	const apps: Record<string, ServedApp> = {};
	try {
		apps[ours] = await start('koa-server-session.ts');
		if (process.env['OLDER']) apps[older] = await start('older.ts');
		for (const [name, app] of Object.entries(apps)) await verify(name, app);
		const contestants = Object.entries(apps).map(([name, app]) => {
			const measure = () => app.measure('/change', {hasCookie: true, requests, isOneSession: true});
			return [name, measure] as const;
		});
		const rounds = plan.isQuick ? 2 : 5;
		yield toResult(await takeTurns(Object.fromEntries(contestants), rounds, progressOf(`storm ${title}`, rounds)));
	} finally {
		await Promise.all(Object.values(apps).map(app => app.stop()));
		await redis.stop();
	}
}

/** A wrong response may be fast. */
const verify = async (name: string, app: ServedApp): Promise<void> => {
	const [before, after] = [
		await app.views('/change', {hasCookie: true}),
		await app.views('/change', {hasCookie: true}),
	];
	if (after !== before + 1) throw new Error(`Expected ${before + 1} views from ${name}, got ${after}`);
};

const toResult = (figures: Rounds<RequestFigures>): Result => {
	const done = (rounds: readonly RequestFigures[] = []) =>
		rounds.map(({requestsPerSecond, conflictsPerSecond}) => requestsPerSecond - conflictsPerSecond);
	const measurements = Object.entries(figures).map(([name, rounds]) => {
		const median = (figure: keyof RequestFigures) =>
			quantile(
				rounds.map(of => of[figure]),
				0.5,
			);
		const columns = {
			'409 a second': median('conflictsPerSecond'),
			'commands per request': median('commands'),
			'p50, ms': median('p50'),
			'p99, ms': median('p99'),
		};
		return {name, value: spreadOf(done(rounds)), columns};
	});
	return {
		benchmark: 'storm',
		title,
		question: 'How many requests of one session are done, if 200 at once change it?',
		unit: 'requests done a second',
		measurements,
		comparisons: Object.keys(figures)
			.filter(name => name !== ours)
			.map(name => ({against: name, value: ratioOf(done(figures[ours]), done(figures[name]))})),
	};
};

/**
`npm run benchmark -- storm`: many requests that change one session at once. `OLDER=/a/checkout` compares with the version
that is checked out there.
*/
export const storm: Benchmark = {name: 'storm', nodes: ['24'], run};
