import {MemoryStore} from '../../source/stores/memory.ts';
import {InProcess, InstantStore} from '../apps/in-process.ts';
import {onStore} from '../apps/koa-server-session.ts';
import {collectAll, takeTurns} from '../measure.ts';
import {type Benchmark, isAsked, type Plan} from '../plan.ts';
import {progressOf, showProgress} from '../report/terminal.ts';
import type {Result} from '../results.ts';
import {ratioOf, slopeOf, spreadOf} from '../statistics.ts';
import {keyOf} from '../stores/fill.ts';

/** The requests come first: what a million sessions leave behind would be freed meanwhile, and hide a leak. */
const questions: Readonly<Record<string, (plan: Plan) => Promise<Result>>> = {
	'a million requests': plan => watch(plan.isQuick ? 50_000 : 1_000_000),
	'a million sessions': plan => weigh(plan.isQuick ? 50_000 : 1_000_000),
};

async function* run(plan: Plan): AsyncGenerator<Result> {
	for (const [title, answer] of Object.entries(questions)) if (isAsked(plan, title)) yield answer(plan);
}

const hour = 3_600_000;
const bytes = Buffer.alloc(203, 'x');

/** Bytes per session in `MemoryStore`, and in a `Map` that holds nothing but keys and bytes. */
const weigh = async (sessions: number): Promise<Result> => {
	const weighed = async (fill: () => Promise<unknown>): Promise<number> => {
		collectAll();
		const before = used();
		const filled = await fill();
		collectAll();
		const after = used();
		// Used here, so that it isn't collected earlier.
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
		progressOf('memory of a million sessions', 3),
	);
	return {
		benchmark: 'memory',
		title: 'a million sessions',
		question: `How much memory does a session of ${bytes.length} bytes take, with ${sessions.toLocaleString('en-GB')} in MemoryStore?`,
		unit: 'bytes per session',
		measurements: [
			{
				name: 'MemoryStore',
				value: spreadOf(store),
				columns: {'MB in total': (spreadOf(store).median * sessions) / 1e6},
			},
			{name: 'a Map', value: spreadOf(map), columns: {'MB in total': (spreadOf(map).median * sessions) / 1e6}},
		],
		comparisons: [{against: 'a Map', value: ratioOf(store, map)}],
	};
};

const used = (): number => {
	const {heapUsed, external} = process.memoryUsage();
	return heapUsed + external;
};

const visitors = 100;

/** How often the heap is measured. */
const samples = 20;

/** V8 itself grows that much, in kB. A leak of one byte per request would be 1,000 kB. */
const mostGrowth = 200;

/** Whether requests leave anything behind. Half of them read, and half of them change, the sessions of some visitors. */
const watch = async (requests: number): Promise<Result> => {
	const app = new InProcess(onStore(new InstantStore()));
	const cookies = await Promise.all(Array.from({length: visitors}, async () => (await app.answer('/start')).cookie));
	const serve = async (count: number): Promise<void> => {
		for (let request = 0; request < count; request++) {
			const cookie = cookies[request % visitors];
			await app.run(app.context(request % 2 === 0 ? '/read' : '/change', cookie));
		}
	};

	// By then everything is compiled.
	await serve(requests / 5);
	const heap: number[] = [];
	for (let sample = 0; sample < samples; sample++) {
		await serve(requests / samples);
		collectAll();
		heap.push(used() / 1000);
		showProgress(`memory of a million requests: ${sample + 1} of ${samples}`);
	}

	const growth = slopeOf(heap) * samples;
	// If it shrinks, something else was freed meanwhile, and nobody knows whether requests leak.
	const value = growth < -mostGrowth ? undefined : {median: growth, low: growth, high: growth};
	return {
		benchmark: 'memory',
		title: 'a million requests',
		question: `How much does the heap grow over ${requests.toLocaleString('en-GB')} requests?`,
		unit: 'kB in use',
		measurements: [{name: 'koa-server-session', value: spreadOf(heap), columns: {growth}}],
		comparisons: [
			{
				against: value ? 'growth, by least squares' : 'growth, unknown since the heap shrank',
				value,
				unit: 'kB',
				limit: {atMost: mostGrowth},
			},
		],
	};
};

/** `npm run benchmark -- memory`: how much memory sessions take, and whether requests leak any. */
export const memory: Benchmark = {name: 'memory', nodes: ['24'], run};
