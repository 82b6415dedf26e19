import {randomInt} from 'node:crypto';
import test, {type ExecutionContext} from 'ava';
import {type Client, type Route, startApp} from '../helpers/http/app.ts';
import {storedData} from '../helpers/http/stored-data.ts';
import {Scheduler, seededRandom} from '../helpers/order/scheduler.ts';
import {runs} from '../helpers/runs.ts';
import {onTwoStores} from '../helpers/stores/on-each-store.ts';
import type {WatchedStore} from '../helpers/stores/watched-store.ts';

// Several requests of one browser at once, in random orders: when each is sent, each of its store calls, and when its
// response reaches the cookie jar. `SEED=… npx ava test/scenarios/browser-orders.ts` repeats the orders of a run.

/** What a request does with its session. */
const acts: Readonly<Record<string, Route>> = {
	async login({session}) {
		await session.regenerate();
		session['user'] = 'ada';
	},
	'log in from nothing'({session}) {
		session['user'] = 'ada';
	},
	read: ({session}) => session['user'],
	'never look': () => undefined,
	write({session}) {
		session['written'] = true;
	},
	async save({session}) {
		session['saved'] = true;
		await session.save();
	},
	update: ({session}) =>
		session.update(newest => Object.assign(newest, {updated: true})).catch(() => undefined) as Promise<unknown>,
	regenerate: ({session}) => session.regenerate(),
	flash: ({session}) => session.flash('info', 'hello'),
	'fail after writing'(ctx) {
		ctx.session['failed'] = true;
		ctx.throw(500);
	},
	'send the headers early'(ctx) {
		ctx.status = 200;
		ctx.flushHeaders();
		ctx.session['late'] = true;
	},
	'sign out of another device': () => undefined,
};

const others = Object.keys(acts).filter(name => name !== 'login' && name !== 'sign out of another device');

type World = Awaited<ReturnType<typeof start>>;

const start = async (t: ExecutionContext, store: WatchedStore, touchAfter: number) => {
	let scheduler = new Scheduler(Math.random);
	let revoke = async (): Promise<void> => undefined;
	const app = await startApp(
		t,
		// Calls wait for their turn, which no time limit is to end.
		{store, touchAfter, storeTimeout: '1h'},
		async ctx => {
			const act = decodeURIComponent(ctx.path.slice(1)).replace(/ \d$/, '');
			await scheduler.step('enters the route');
			ctx.body = act;
			if (act === 'sign out of another device') await revoke();
			await acts[act]?.(ctx);
			await scheduler.step('leaves the route');
		},
		application => application.use((ctx, next) => scheduler.as(ctx.get('x-party'), next)),
	);
	store.around = async (operation, call) => {
		return scheduler.call(operation, call);
	};
	return {
		...app,
		use(next: Scheduler, work: () => Promise<void>) {
			scheduler = next;
			revoke = work;
		},
	};
};

/** Sends a request when its turn comes, and lets its response reach the jar when its turn comes again. */
const send = async (
	jar: Client,
	party: string,
	scheduler: Scheduler,
	isInOrder: boolean,
	patience = 0,
): Promise<void> => {
	for (let turn = 0; turn < patience; turn++) await scheduler.step('waits');
	await scheduler.step('is sent');
	const sent = jar.fork();
	const before = sent.cookies.get('sid');
	await sent.get(`/${encodeURIComponent(party)}`, {headers: {'x-party': party}});
	if (!isInOrder) await scheduler.step('is delivered');

	const after = sent.cookies.get('sid');
	if (after === before) return;
	if (after === undefined) jar.cookies.delete('sid');
	else jar.cookies.set('sid', after);
	scheduler.steps.push(`${party} changes the jar`);
};

const hold = async (t: ExecutionContext, world: World, random: () => number, isInOrder: boolean): Promise<void> => {
	const scheduler = new Scheduler(random);
	const {sessions, client} = world;
	const jar = client();
	world.use(new Scheduler(random), async () => undefined);
	if (random() < 0.8) await jar.get('/write');

	const old = jar.cookies.get('sid')?.slice(0, 43);
	const count = 1 + Math.floor(random() * 4);
	const parties = Array.from({length: count}, (_, index) => `${others[Math.floor(random() * others.length)]} ${index}`);
	// A request that ends the session that a login carries on ends the login, as it should be; so the login comes after it.
	let isRevoked = random() < 0.5;
	if (!isRevoked) parties.push('sign out of another device 8');
	world.use(scheduler, async () => {
		if (old !== undefined) await sessions.destroy({id: old});
		isRevoked = true;
	});
	const logIn = async () => {
		while (!isRevoked) await scheduler.step('waits');
		await send(jar, 'login 9', scheduler, isInOrder);
	};
	await scheduler.race({
		...Object.fromEntries(
			parties.map(party => {
				// A request has some twenty turns; so some are sent when others are through.
				const patience = Math.floor(random() * 20);
				return [party, () => scheduler.as(party, () => send(jar, party, scheduler, isInOrder, patience))];
			}),
		),
		'login 9': () => scheduler.as('login 9', logIn),
	});

	const data = await storedData(sessions, jar);
	if (data === undefined) t.log(scheduler.steps);
	t.not(data, undefined, `the jar opens nothing after ${parties.join(', ')}`);
};

for (const [title, touchAfter, isInOrder] of [
	['responses delivered in any order', 3_600_000, false],
	// An extension names the id once more. The network may keep it back until a login has replaced that id, and no server
	// could know: so here responses arrive as they leave.
	['an extension due for each request', 0, true],
] as const) {
	onTwoStores(
		`after a login that nobody ended, the jar opens a session: ${title}`,
		async (t, store, {name}) => {
			const seed = Number(process.env['SEED'] ?? randomInt(2 ** 31));
			t.log(`SEED=${seed}`);
			const random = seededRandom(seed);
			const world = await start(t, store, touchAfter);
			const count = name === 'memory' ? runs(150, 5000) : runs(75, 2500);
			for (let run = 0; run < count; run++) await hold(t, world, random, isInOrder);
			t.log(`${count} interleavings`);
		},
		test,
	);
}
