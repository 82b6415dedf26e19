import {AsyncLocalStorage} from 'node:async_hooks';
import {randomInt, randomUUID} from 'node:crypto';
import test, {type ExecutionContext} from 'ava';
import type {SessionMiddleware, Store} from '../../source/index.ts';
import {MemoryStore} from '../../source/stores/memory.ts';
import {type Client, type Route, startApp, type TestContext} from '../helpers/http/app.ts';
import {Barrier, Gate} from '../helpers/order/barrier.ts';
import {Scheduler, seededRandom} from '../helpers/order/scheduler.ts';
import {turnsDuring} from '../helpers/order/turns.ts';
import {runs} from '../helpers/runs.ts';
import {all} from '../helpers/stores/all.ts';
import {BusyStore} from '../helpers/stores/busy-store.ts';
import {onEachIndex} from '../helpers/stores/on-each-index.ts';
import {holdNext, type WatchedStore, watch} from '../helpers/stores/watched-store.ts';

// Logging out everywhere, while the same sessions are in use. What nothing disturbs is in `api.ts`.

const route: Route = async ctx => {
	const {session} = ctx;
	const [, action, subject] = decodeURIComponent(ctx.path).split('/');
	if (action === 'login' || action === 'regenerate') await session.regenerate();
	if (action === 'login') Object.assign(session, {user: 'alice', subject});
	if (action === 'visit') session['visited'] = true;
	if (action === 'write') session['written'] = true;
	if (action === 'update')
		await session.update(newest => Object.assign(newest, {updated: true})).catch(() => undefined);
	ctx.body = String(session['user'] ?? 'anonymous');
};

const isLoggedIn = async (client: Client): Promise<boolean> => (await client.get('/')).body === 'alice';

const logIn = async (make: () => Client, subject: string): Promise<Client> => {
	const client = make();
	await client.get(`/login/${subject}`);
	return client;
};

onEachIndex('a session that gets a new id while the others are ended is ended too', async (t, store) => {
	const {client, sessions} = await startApp(t, {store}, route);
	const subject = randomUUID();
	const clients: Client[] = [];
	// So many that some come before their successors in any order, and some after.
	for (let count = 0; count < 12; count++) clients.push(await logIn(client, subject));

	const walking = new Gate();
	const isWalk = new AsyncLocalStorage<boolean>();
	// Every read of the walk: it would end some before they get a new id, and then their successors too.
	store.around = async (operation, call) => {
		if (operation === 'read' && isWalk.getStore()) await walking.pass();
		return call();
	};
	const revoked = isWalk.run(true, () => sessions.revoke(subject));
	await walking.reached;
	for (const each of clients) await each.get('/regenerate');
	walking.open();

	t.is(await revoked, clients.length);
	for (const each of clients) t.false(await isLoggedIn(each));
});

onEachIndex('the session that stays may have got a new id since', async (t, store) => {
	const {client, sessions} = await startApp(t, {store}, route);
	const subject = randomUUID();
	const [own, other] = [await logIn(client, subject), await logIn(client, subject)];
	const except = own.cookies.get('sid')?.slice(0, 43) ?? '';
	await own.get('/regenerate');
	t.is(await sessions.revoke(subject, {except}), 1);
	t.true(await isLoggedIn(own));
	t.false(await isLoggedIn(other));
	await sessions.revoke(subject);
});

onEachIndex(
	'a session that got many new ids is ended with one read of each, also if another is spared',
	async (t, store) => {
		const {client, sessions} = await startApp(t, {store}, route);
		const moves = 20;
		for (const spares of [false, true]) {
			const subject = randomUUID();
			const visitor = await logIn(client, subject);
			const spared = spares ? await logIn(client, subject) : undefined;
			for (let count = 0; count < moves; count++) await visitor.get('/regenerate');

			store.calls.length = 0;
			const except = spared && {except: spared.cookies.get('sid')?.slice(0, 43) ?? ''};
			t.is(await sessions.revoke(subject, except), 1);
			const reads = store.calls.filter(operation => operation === 'read').length;
			// Of each tombstone, of the session, and a few for the lock of those who spare one.
			t.true(reads <= moves + 5, `${reads} reads`);
			t.false(await isLoggedIn(visitor));
			if (spared) t.true(await isLoggedIn(spared));
		}
	},
);

onEachIndex('a new id under way is ended, whether it is stored before or after', async (t, store) => {
	const {client, sessions} = await startApp(t, {store}, route);
	for (const held of ['create', 'update'] as const) {
		const subject = randomUUID();
		const visitor = await logIn(client, subject);
		const tab = visitor.fork();
		const gate = holdNext(store, held);
		const regenerated = visitor.get('/regenerate');
		await gate.reached;
		await sessions.revoke(subject);
		gate.open();

		t.is((await regenerated).status, 200);
		t.false(await isLoggedIn(visitor), held);
		t.false(await isLoggedIn(tab), held);
		t.is(await sessions.revoke(subject), 0, 'nothing is left');
	}
});

onEachIndex('a session that became somebody else’s is spared', async (t, store) => {
	const {client, sessions} = await startApp(t, {store}, async ctx => {
		await route(ctx);
		if (ctx.path === '/hand-over') ctx.session.subject = `${ctx.query['to']}`;
	});
	const [subject, other] = [randomUUID(), randomUUID()];
	const visitor = await logIn(client, subject);
	await visitor.get('/regenerate');
	await visitor.get(`/hand-over?to=${other}`);
	t.is(await sessions.revoke(subject), 0);
	t.true(await isLoggedIn(visitor));
	t.is(await sessions.revoke(other), 1);
	t.false(await isLoggedIn(visitor));
});

const orders = runs(50, 1000);

/** A login that leaves nobody else in: at most one session for each user. */
const logInAlone = async (ctx: TestContext, others: SessionMiddleware, subject: string): Promise<void> => {
	await ctx.session.regenerate();
	Object.assign(ctx.session, {user: 'alice', subject});
	await ctx.session.save();
	await others.revoke(subject, {except: ctx.session.id});
};

onEachIndex('six logins at once, each of which ends the others, leave exactly one in', async (t, store) => {
	const subject = randomUUID();
	const barrier = new Barrier(6);
	const startOne = () =>
		startApp(t, {store}, async ctx => {
			if (ctx.path === '/login') {
				await ctx.session.regenerate();
				Object.assign(ctx.session, {user: 'alice', subject});
				await ctx.session.save();
				await barrier.wait();
				ctx.body = String(await (ctx.app === one.app ? one : two).sessions.revoke(subject, {except: ctx.session.id}));
			} else await route(ctx);
		});
	// Two instances know as little of each other as two processes do.
	const [one, two] = [await startOne(), await startOne()];
	const clients = Array.from({length: 6}, (_, index) => (index % 2 === 0 ? one : two).client());
	const answers = await Promise.all(clients.map(each => each.get('/login')));

	t.deepEqual(
		answers.map(({status}) => status),
		Array(6).fill(200),
	);
	t.is(
		answers.reduce((sum, {body}) => sum + Number(body), 0),
		5,
	);
	t.is((await Promise.all(clients.map(isLoggedIn))).filter(Boolean).length, 1);
	t.is((await all(one.sessions.list(subject))).length, 1);

	await clients[0]?.get('/login');
	t.deepEqual(await Promise.all(clients.map(isLoggedIn)), [true, false, false, false, false, false]);
});

test(`of three such logins exactly one stays, in ${orders} random orders`, async t => {
	const seed = Number(process.env['SEED'] ?? randomInt(2 ** 31));
	t.log(`SEED=${seed}`);
	const random = seededRandom(seed);
	const current = {scheduler: new Scheduler(random)};
	const app: Racing = await startRacing(t, watch(new MemoryStore()), current, async ctx => {
		if (ctx.path.startsWith('/alone')) await logInAlone(ctx, app.sessions, ctx.path.slice(7));
		await route(ctx);
	});
	for (let run = 0; run < orders; run++) {
		current.scheduler = new Scheduler(random);
		const subject = randomUUID();
		const clients = {one: app.client(), two: app.client(), three: app.client()};
		const logins = Object.entries(clients).map(([party, each]) => [
			party,
			async () => (await each.get(`/alone/${subject}`, {headers: {'x-party': party}})).status,
		]);
		const statuses = await current.scheduler.race<number>(Object.fromEntries(logins));
		t.deepEqual(Object.values(statuses), [200, 200, 200]);
		const isIn = await Promise.all(Object.values(clients).map(isLoggedIn));
		t.is(isIn.filter(Boolean).length, 1, current.scheduler.steps.join('\n'));
	}
});

/** What goes on beside a logout everywhere; each party is a client of its own, unless its name says otherwise. */
const races: Readonly<Record<string, readonly string[]>> = {
	'two regenerations': ['regenerate', 'regenerate of another session'],
	'two regenerations of one session': ['regenerate', 'regenerate again'],
	'a login': ['login of somebody new'],
	'a login of one who is logged in': ['login'],
	'writers and an update': ['write', 'write again', 'update'],
	'everything at once': ['regenerate', 'regenerate of another session', 'write', 'update', 'login of somebody new'],
};

const count = runs(20, 400);

for (const [title, parties] of Object.entries(races)) {
	test(`against ${title}, ${count} times in random orders, nothing is half ended`, async t => {
		const seed = Number(process.env['SEED'] ?? randomInt(2 ** 31));
		t.log(`SEED=${seed}`);
		const random = seededRandom(seed);
		const current = {scheduler: new Scheduler(random)};
		const app = await startRacing(t, watch(new MemoryStore()), current);
		for (let run = 0; run < count; run++) {
			current.scheduler = new Scheduler(random);
			try {
				await holdRace(t, app, current.scheduler, parties);
			} catch (error) {
				t.log(`In run ${run}:`, current.scheduler.steps);
				throw error;
			}
		}
	});
}

type Racing = Awaited<ReturnType<typeof startRacing>>;

/** Every store call and every step of a walk waits for its turn. */
const startRacing = async (
	t: ExecutionContext,
	store: WatchedStore,
	current: {scheduler: Scheduler},
	serve: Route = route,
) => {
	store.around = async (operation, call) => {
		return current.scheduler.call(operation, call);
	};
	const walked: Store = Object.create(store, {
		bySubject: {
			async *value(subject: string) {
				for await (const page of store.bySubject?.(subject) ?? []) {
					for (const key of page) {
						await current.scheduler.step('walks');
						yield [key];
					}
				}
			},
		},
	});
	return startApp(t, {store: walked, touchAfter: 0}, serve, app =>
		app.use((ctx, next) => current.scheduler.as(ctx.get('x-party'), next)),
	);
};

const holdRace = async (
	t: ExecutionContext,
	{client, sessions}: Racing,
	scheduler: Scheduler,
	parties: readonly string[],
): Promise<void> => {
	const subject = randomUUID();
	const [one, another, somebody] = [await logIn(client, subject), await logIn(client, subject), client()];
	await somebody.get('/visit');
	const clients = Object.fromEntries(
		parties.map(party => [
			party,
			(party.includes('another') ? another : party.includes('new') ? somebody : one).fork(),
		]),
	);

	const send = async (party: string) => {
		const [action] = party.split(' ');
		const headers = {'x-party': party};
		return String((await clients[party]?.get(`/${action}/${subject}`, {headers}))?.status);
	};
	const {revoke, ...statuses} = await scheduler.race({
		...Object.fromEntries(parties.map(party => [party, () => send(party)])),
		revoke: () => scheduler.as('revoke', async () => String(await sessions.revoke(subject))),
	});
	for (const [party, status] of Object.entries(statuses)) t.is(status, '200', party);

	// Who logged in in the meantime may be in; everyone who was in before is out, under the old id and any new one.
	for (const [party, each] of Object.entries(clients)) {
		if (!party.startsWith('login')) t.false(await isLoggedIn(each), party);
	}

	t.false(await isLoggedIn(one));
	t.false(await isLoggedIn(another));
	t.true(Number(revoke) >= 1);

	// And everyone who is in can be logged out.
	const listed = await all(sessions.list(subject));
	const isIn = await Promise.all(Object.values(clients).map(isLoggedIn));
	t.is(listed.length, isIn.filter(Boolean).length);
	t.is(await sessions.revoke(subject), listed.length);
	for (const each of Object.values(clients)) t.false(await isLoggedIn(each));
};

test('what is done with many sessions of a user lets other requests have their turn every few milliseconds', async t => {
	const {sessions} = await startApp(t, {store: new BusyStore()}, route);
	const create = () => sessions.create({user: 'alice'}, {subject: 'alice'});
	const {id} = await create();
	for (let index = 0; index < 60; index++) await create();

	const listing = await turnsDuring(async () => {
		for await (const _ of sessions.list('alice'));
	});
	const revoking = await turnsDuring(async () => t.is(await sessions.revoke('alice', {except: id}), 60));
	for (let index = 0; index < 60; index++) await create();
	const revokingAll = await turnsDuring(async () => t.is(await sessions.revoke('alice'), 61));
	for (const turns of [listing, revoking, revokingAll]) t.true(turns >= 12, `${turns}`);
});
