import {MemoryStore} from '../source/stores/memory.ts';
import {ours} from './alone/ours.ts';
import type {Benchmark} from './benchmark.ts';
import {keyOf} from './fill/fill.ts';
import {collectAll} from './garbage.ts';
import {slopeOf} from './least-squares.ts';
import {isAsked, type Plan} from './plan.ts';
import {tell} from './progress.ts';
import {ratioOf} from './ratio.ts';
import type {Result} from './result.ts';
import {spreadOf} from './spread.ts';
import {takeTurns} from './turns.ts';

const questions: Readonly<Record<string, (plan: Plan) => Promise<Result>>> = {
	'a million sessions': plan => weigh(plan.isQuick ? 50_000 : 1_000_000),
	'a million requests': plan => watch(plan.isQuick ? 50_000 : 1_000_000),
};

/** What memory sessions and requests take. */
async function* run(plan: Plan): AsyncGenerator<Result> {
	for (const [title, answer] of Object.entries(questions)) if (isAsked(plan, title)) yield answer(plan);
}

const hour = 3_600_000;
const bytes = Buffer.alloc(203, 'x');

/** Bytes of a session in `MemoryStore`, and in a map that has no more than its key and what it holds. */
const weigh = async (sessions: number): Promise<Result> => {
	const weighed = async (fill: () => Promise<unknown>): Promise<number> => {
		collectAll();
		const before = used();
		const filled = await fill();
		collectAll();
		const after = used();
		// Until here it must not be cleared away.
		if (filled === undefined) throw new Error('Expected something to weigh');
		return (after - before) / sessions;
	};
	const {store = [], map = []} = await takeTurns(
		{
			store: () =>
				weighed(async () => {
					const store = new MemoryStore({maxEntries: sessions});
					const expiresAt = Date.now() + hour;
					for (let index = 0; index < sessions; index++) await store.create(keyOf(index), {bytes, expiresAt});
					return store;
				}),
			map: () =>
				weighed(async () => {
					const map = new Map<string, Uint8Array>();
					for (let index = 0; index < sessions; index++) map.set(keyOf(index), Uint8Array.from(bytes));
					return map;
				}),
		},
		3,
		round => tell(`memory of a million sessions: round ${round} of 3`),
	);
	return {
		benchmark: 'memory',
		title: 'a million sessions',
		question: `What does a session of ${bytes.length} bytes take, of ${sessions.toLocaleString('en-GB')} in MemoryStore?`,
		unit: 'bytes a session',
		measurements: [
			{name: 'MemoryStore', value: spreadOf(store), beside: {'MB in all': (spreadOf(store).median * sessions) / 1e6}},
			{name: 'a Map', value: spreadOf(map), beside: {'MB in all': (spreadOf(map).median * sessions) / 1e6}},
		],
		comparisons: [{against: 'a Map', value: ratioOf(store, map)}],
	};
};

const used = (): number => {
	const {heapUsed, external} = process.memoryUsage();
	return heapUsed + external;
};

const visitors = 100;

/** What is looked at in between. */
const samples = 20;

/** Whether requests leave something behind: half of them read, half of them change the sessions of some visitors. */
const watch = async (requests: number): Promise<Result> => {
	const alone = ours();
	const cookies = await Promise.all(Array.from({length: visitors}, async () => (await alone.answer('/start')).cookie));
	const serve = async (count: number): Promise<void> => {
		for (let request = 0; request < count; request++) {
			const cookie = cookies[request % visitors];
			await alone.run(alone.context(request % 2 === 0 ? '/read' : '/change', cookie));
		}
	};

	// Until everything is compiled that will be.
	await serve(requests / 5);
	const heap: number[] = [];
	for (let sample = 0; sample < samples; sample++) {
		await serve(requests / samples);
		collectAll();
		heap.push(used() / 1000);
		tell(`memory of a million requests: ${sample + 1} of ${samples}`);
	}

	const growth = slopeOf(heap) * samples;
	const value = {median: growth, low: growth, high: growth};
	return {
		benchmark: 'memory',
		title: 'a million requests',
		question: `How much does the heap grow over ${requests.toLocaleString('en-GB')} requests?`,
		unit: 'kB in use',
		measurements: [{name: 'koa-server-session', value: spreadOf(heap), beside: {growth}}],
		// What V8 itself learns in that time. A leak of one byte a request would be a thousand.
		comparisons: [{against: 'growth, by least squares', value, unit: 'kB', limit: {atMost: 200}}],
	};
};

/** `npm run benchmark -- memory` */
export const memory: Benchmark = {name: 'memory', nodes: ['24'], run};
