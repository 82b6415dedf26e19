/** `npm run soak`: uses sessions while calls of the store fail, and looks for what grows or stays open. See CONTRIBUTING.md. */
import {randomUUID} from 'node:crypto';
import {once} from 'node:events';
import type {AddressInfo} from 'node:net';
import {setTimeout as sleep} from 'node:timers/promises';
import {parseArgs} from 'node:util';
import {setFlagsFromString} from 'node:v8';
import {runInNewContext} from 'node:vm';
import Koa from 'koa';
import session from '../../../source/index.ts';
import {open} from '../../../source/stores/open.ts';
import {Client, type TestContext, testKeys} from '../http/app.ts';
import {watch} from '../stores/watched-store.ts';

const {values} = parseArgs({
	options: {
		minutes: {type: 'string', default: '10'},
		failures: {type: 'string', default: '0.05'},
		store: {type: 'string', default: 'redis://127.0.0.1:6379'},
	},
});
const duration = Number(values.minutes) * 60_000;
const failures = Number(values.failures);

/** How many samples are taken. The first fifth is warming up. */
const samples = 20;

/** How much more the heap may hold in the last third than in the first one, in bytes. */
const tolerance = 4 * 2 ** 20;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const unhandled: unknown[] = [];
process.on('unhandledRejection', reason => unhandled.push(reason));
const warnings: string[] = [];
process.on('warning', ({name, message}) => warnings.push(`${name}: ${message}`));

const store = watch(await open(values.store));
store.around = (_operation, call) => {
	const kind = Math.random() / failures;
	if (kind >= 1) return call();
	if (kind < 0.1) return call().then(() => new Promise(() => undefined));
	if (kind < 0.5) return Promise.reject(new Error('The call was lost'));
	return call().then(() => Promise.reject(new Error('The reply was lost')));
};

const app = new Koa();
app.keys = testKeys;
app.silent = true;
const sessions = session(app, {
	store,
	prefix: `soak:${randomUUID()}:`,
	storeTimeout: '200ms',
	idleTimeout: '20s',
	touchAfter: 0,
});
app.use(sessions);

const routes: readonly ((ctx: TestContext) => unknown)[] = [
	ctx => ctx.session['number'],
	ctx => Object.assign(ctx.session, {[`key ${Math.floor(Math.random() * 5)}`]: Date.now()}),
	ctx => ctx.session.update(newest => Object.assign(newest, {number: Number(newest['number'] ?? 0) + 1})),
	ctx => ctx.session.regenerate(),
	ctx => ctx.session.flash('info', 'hello'),
	ctx => ctx.session.flashes('info'),
	ctx => ctx.session.destroy(),
	ctx => ctx.throw(Math.random() < 0.5 ? 500 : 400),
];
app.use(async ctx => {
	await routes[Number(ctx.path.slice(1))]?.(ctx as unknown as TestContext);
	ctx.body = 'done';
});
const server = app.listen(0, '127.0.0.1');
// Otherwise a connection that rests may be closed while a request is on its way, which a busy machine makes likely.
server.keepAliveTimeout = 0;
await once(server, 'listening');
const {port} = server.address() as AddressInfo;

const statuses = new Map<number, number>();
let isOver = false;

/** Two tabs of one browser, which share their cookies. */
const browse = async (): Promise<void> => {
	const visitor = new Client(port);
	while (!isOver) {
		const pair = [0, 1].map(() => visitor.get(`/${Math.floor(Math.random() * routes.length)}`));
		for (const {status} of await Promise.all(pair)) statuses.set(status, (statuses.get(status) ?? 0) + 1);
		await sleep(10);
	}
};

/** What must not grow. */
const sample = () => {
	collect();
	const resources = process.getActiveResourcesInfo().filter(kind => kind !== 'TCPSocketWrap');
	const emitters = [process, server, app];
	const listeners = emitters.flatMap(emitter => emitter.eventNames().map(name => emitter.listenerCount(name)));
	return {
		heap: process.memoryUsage().heapUsed,
		resources: resources.length,
		listeners: listeners.reduce((sum, count) => sum + count, 0),
	};
};

type Sample = ReturnType<typeof sample>;

const median = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0;

const browsers = Array.from({length: 10}, browse);
const taken: Sample[] = [];
for (let count = 1; count <= samples; count++) {
	await sleep(duration / samples);
	const last = sample();
	if (count > samples / 5) taken.push(last);
	console.log(
		`${Math.round((count * duration) / samples / 1000)} s: ${(last.heap / 2 ** 20).toFixed(1)} MB, ` +
			`${last.resources} handles and timers, ${last.listeners} listeners, answers ${JSON.stringify([...statuses])}`,
	);
	// The list of calls is the harness's.
	store.calls.length = 0;
}

isOver = true;
await Promise.all(browsers);
const third = Math.floor(taken.length / 3);
const grown = (what: keyof Sample): number =>
	median(taken.slice(-third).map(each => each[what])) - median(taken.slice(0, third).map(each => each[what]));
const problems = [
	...unhandled.map(reason => `an unhandled rejection: ${reason}`),
	...warnings.map(warning => `a warning: ${warning}`),
	...(grown('heap') > tolerance ? [`the heap grew by ${(grown('heap') / 2 ** 20).toFixed(1)} MB`] : []),
	...(grown('resources') > 10 ? [`${grown('resources')} more handles and timers`] : []),
	...(grown('listeners') > 0 ? [`${grown('listeners')} more listeners`] : []),
	...([200, 503].some(status => !statuses.has(status)) ? ['no 200, or no 503: nothing was tried'] : []),
];
for (const problem of problems) console.error(`✗ ${problem}`);
if (problems.length === 0) console.log('Nothing grew, and nothing went unhandled');
process.exitCode = problems.length === 0 ? 0 : 1;

// What is left open now keeps this process from ending.
server.closeAllConnections();
server.close();
await store.close?.();
