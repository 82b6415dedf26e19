import {startRedis} from '../../test/services/redis.ts';
import {keepCoreFree} from '../apps/own-core.ts';
import {places, type Whereabouts} from '../apps/profiler.ts';
import {ServedApp} from '../apps/served-app.ts';
import {type Rounds, takeTurns} from '../measure.ts';
import {type Benchmark, isAsked, type Plan} from '../plan.ts';
import {progressOf} from '../report/terminal.ts';
import type {Result} from '../results.ts';
import {spreadOf} from '../statistics.ts';

const ours = 'koa-server-session';
const byHand = 'by hand';

const cases = ['read', 'change'].flatMap(name =>
	[false, true].map(isAutopipelining => ({
		path: `/${name}`,
		title: `redis ${name}, 50 connections${isAutopipelining ? ', autopipelining' : ''}`,
		isAutopipelining,
	})),
);

const requests = 3000;

/** Node keeps compiling that long. */
const warmUp = 45_000;

async function* run(plan: Plan): AsyncGenerator<Result> {
	keepCoreFree();
	const redis = await startRedis();
	try {
		for (const {path, title, isAutopipelining} of cases.filter(each => isAsked(plan, each.title))) {
			const settings = {url: redis.url, isAutopipelining, node: process.execPath, visitors: 50};
			const apps = {
				[ours]: await ServedApp.start({...settings, module: 'koa-server-session.ts', name: 'onRedis'}),
				[byHand]: await ServedApp.start({...settings, module: 'baselines.ts', name: 'leastByHand'}),
			};
			try {
				const rounds = plan.isQuick ? 3 : 9;
				for (const app of Object.values(apps))
					await app.measure(path, {hasCookie: true, requests: plan.isQuick ? requests : warmUp});
				const contestants = Object.entries(apps).map(
					([name, app]) => [name, () => app.profile(path, requests)] as const,
				);
				yield toResult(
					title,
					await takeTurns(Object.fromEntries(contestants), rounds, progressOf(`profile ${title}`, rounds)),
				);
			} finally {
				await Promise.all(Object.values(apps).map(app => app.stop()));
			}
		}
	} finally {
		await redis.stop();
	}
}

const toResult = (title: string, profiles: Rounds<Whereabouts>): Result => ({
	benchmark: 'profile',
	title,
	question: 'Where does a request spend its time, compared with a session by hand?',
	unit: 'µs per request',
	measurements: Object.entries(profiles).map(([name, rounds]) => ({
		name,
		value: spreadOf(rounds.map(round => places.reduce((sum, place) => sum + round[place], 0))),
		columns: Object.fromEntries(places.map(place => [place, spreadOf(rounds.map(round => round[place])).median])),
	})),
	comparisons: places.map(place => ({
		against: place,
		unit: 'µs more than by hand',
		value: spreadOf(
			(profiles[ours] ?? []).map((round, index) => round[place] - (profiles[byHand]?.[index]?.[place] ?? 0)),
		),
	})),
});

/** `npm run benchmark -- profile`: why a request costs what `http` says. The profiler itself costs something, too. */
export const profile: Benchmark = {name: 'profile', nodes: ['24'], run};
