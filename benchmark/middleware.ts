import {setImmediate} from 'node:timers/promises';
import type {Alone} from './alone/alone.ts';
import {byHand} from './alone/by-hand.ts';
import {koa} from './alone/koa.ts';
import {ours} from './alone/ours.ts';
import {collectYoung} from './garbage.ts';
import {installRivals} from './install.ts';
import {quantile} from './quantile.ts';
import {ratioOf} from './ratio.ts';
import {takeTurns} from './turns.ts';

const rounds = 61;
const batches = 10;

/** Each with a session, and a request in each batch. */
const visitors = 100;

/** One question: what the middleware does to a request for `path`, when nothing else costs anything. */
type MiddlewareCase = {readonly title: string; readonly path: string; readonly hasCookie: boolean};

const cases: readonly MiddlewareCase[] = [
	{title: 'anonymous', path: '/read', hasCookie: false},
	{title: 'untouched', path: '/none', hasCookie: true},
	{title: 'read', path: '/read', hasCookie: true},
	{title: 'change', path: '/change', hasCookie: true},
];

/** The most that the ratio may be, where there is a session. */
const targets: Readonly<Record<string, number>> = {'by hand': 2.5, 'koa-session, unsigned': 0.6};

const run = async (words: readonly string[]): Promise<void> => {
	installRivals();
	const {koaSession}: {koaSession: () => Alone} = await import(rival);
	const makers = {
		'koa-server-session': ours,
		'by hand': byHand('what differs'),
		'by hand, knowing the routes': byHand('by route'),
		'koa-session, unsigned': koaSession,
		'no session': koa,
	};
	for (const each of cases.filter(({title}) => words.every(word => title.includes(word)))) await runCase(each, makers);
};

/** Not known when types are checked: it has dependencies of its own. */
const rival = './rivals/koa-session-alone.js' as string;

const runCase = async (each: MiddlewareCase, makers: Readonly<Record<string, () => Alone>>): Promise<void> => {
	const contestants: Record<string, () => Promise<number>> = {};
	for (const [name, make] of Object.entries(makers)) {
		const alone = make();
		const cookies: (string | undefined)[] = [];
		while (cookies.length < visitors) {
			const {cookie = 'sid=none'} = await alone.answer('/start');
			cookies.push(each.hasCookie ? cookie : undefined);
		}
		await verify(name, alone, each, cookies[0]);
		contestants[name] = measure(alone, each, cookies);
	}

	const figures = await takeTurns(contestants, rounds);
	const [our = [], nothing = []] = [figures['koa-server-session'], figures['no session']];
	const rows = Object.entries(figures).map(([name, figure]) => {
		const ratio = ratioOf(less(our, nothing), less(figure, nothing));
		const isRival = name !== 'koa-server-session' && name !== 'no session';
		return {
			'': name,
			'µs a request': quantile(figure, 0.5).toFixed(2),
			'without the route': name === 'no session' ? '' : quantile(less(figure, nothing), 0.5).toFixed(2),
			ratio: isRival ? (ratio?.median.toFixed(2) ?? 'spreads too much') : '',
			'middle half': isRival && ratio ? `${ratio.low.toFixed(2)} to ${ratio.high.toFixed(2)}` : '',
			'at most': each.hasCookie ? (targets[name]?.toFixed(2) ?? '') : '',
		};
	});
	console.log(`the middleware alone: ${each.title}`);
	console.table(rows);
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
export const middleware = {name: 'middleware', run};
