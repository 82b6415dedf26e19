import {randomInt} from 'node:crypto';
import type {ExecutionContext} from 'ava';
import type {Answer, Client, Route} from '../helpers/http/app.ts';
import {startApp} from '../helpers/http/app.ts';
import {storedData} from '../helpers/http/stored-data.ts';
import {Scheduler, seededRandom} from '../helpers/order/scheduler.ts';
import {onEachStore} from '../helpers/stores/on-each-store.ts';
import type {WatchedStore} from '../helpers/stores/watched-store.ts';

// Requests on one session whose store calls, and the answers to these, are let through in random orders.
// `SEED=… npx ava test/scenarios/races.ts` repeats the orders of a run.

const races: Readonly<Record<string, readonly string[]>> = {
	'a writer against a logout': ['write', 'logout'],
	'a reader against a logout': ['read', 'logout'],
	'an update against a logout': ['update', 'logout'],
	'a regenerate against a logout': ['regenerate', 'logout'],
	'two logouts against a regenerate': ['logout', 'logout again', 'regenerate'],
	'a writer against a regenerate': ['write', 'regenerate'],
	'a reader against a regenerate': ['read', 'regenerate'],
	'an update against a regenerate': ['update', 'regenerate'],
	'two regenerations at once': ['regenerate', 'regenerate again'],
	'a writer that saves, then logs out, against a regenerate': ['save and logout', 'regenerate'],
	'everything but a logout': ['write', 'read', 'update', 'regenerate', 'regenerate again'],
	'everything at once': ['write', 'read', 'update', 'regenerate', 'regenerate again', 'logout'],
};

/** What a request does, by its party's name; each tells whether it saw the session. */
const route =
	(scheduler: Scheduler): Route =>
	async ctx => {
		const {session} = ctx;
		const party = decodeURIComponent(ctx.path.slice(1));
		await scheduler.step('enters the route');
		ctx.body = session['user'] ? 'seen' : 'anonymous';

		if (party === 'login') Object.assign(session, {user: 'alice', number: 0});
		if (party === 'write') session['written'] = true;
		if (party === 'save and logout') {
			session['saved'] = true;
			await session.save();
		}

		if (party.includes('logout')) await session.destroy();
		if (party.startsWith('regenerate')) await session.regenerate();
		if (party === 'update') {
			await session
				.update(newest => increment(newest))
				.catch(error => {
					ctx.body = error.code;
				});
		}
	};

const increment = (session: Record<string, unknown>): void => {
	session['number'] = Number(session['number'] ?? 0) + 1;
};

/** Lets each store call of a party wait for its turn twice: before it is made, and before its answer is seen. */
const schedule = (store: WatchedStore, scheduler: Scheduler) => {
	const keys = new Set<string>();
	const writers = new Set<string>();
	store.around = async (operation, call, key) => {
		keys.add(key);
		const result = await scheduler.call(operation, call);
		if (operation !== 'read' && operation !== 'delete' && isWritten(result)) writers.add(scheduler.party);
		return result;
	};

	return {
		/** The parties whose write was accepted. */
		writers,
		async liveRecords() {
			const records = await Promise.all([...keys].map(key => store.read(key)));
			return records.filter(record => record !== undefined).filter(({bytes}) => bytes[0] !== 0);
		},
	};
};

const isWritten = (result: unknown): boolean =>
	result !== false && result !== undefined && result !== 'conflict' && result !== 'missing';

/** Each step takes a millisecond: what two parties write at the same one would look like one write. */
let steps = 0;
const {now} = Date;
Date.now = () => now() + steps;

for (const [title, parties] of Object.entries(races)) {
	onEachStore(`${title}, in many orders`, async (t, store, {races}) => {
		const seed = Number(process.env['SEED'] ?? randomInt(2 ** 31));
		t.log(`SEED=${seed}`);
		const random = seededRandom(seed);
		for (let run = 0; run < races; run++) {
			const scheduler = new Scheduler(random, () => steps++);
			try {
				await holdRace(t, store, scheduler, parties);
			} catch (error) {
				t.log(`In run ${run}:`, scheduler.steps);
				throw error;
			}
		}
	});
}

const apps = new WeakMap<WatchedStore, ReturnType<typeof startRacing>>();

/** One application a test; the scheduler changes from run to run. */
const startRacing = async (t: ExecutionContext, store: WatchedStore, current: {scheduler: Scheduler}) => {
	const started = await startApp(
		t,
		// Calls wait for their turn, which no time limit is to end.
		{store, touchAfter: 0, storeTimeout: '1h'},
		ctx => route(current.scheduler)(ctx),
		app => app.use((ctx, next) => current.scheduler.as(ctx.get('x-party'), next)),
	);
	return {...started, current};
};

const holdRace = async (
	t: ExecutionContext,
	store: WatchedStore,
	scheduler: Scheduler,
	parties: readonly string[],
): Promise<void> => {
	if (!apps.has(store)) apps.set(store, startRacing(t, store, {scheduler}));
	const {client, sessions, current} = await (apps.get(store) as ReturnType<typeof startRacing>);
	current.scheduler = scheduler;
	const {writers, liveRecords} = schedule(store, scheduler);

	const visitor = client();
	await visitor.get('/login');
	writers.clear();
	const clients = Object.fromEntries(parties.map(party => [party, visitor.fork()]));
	const answers = await scheduler.race(
		Object.fromEntries(parties.map(party => [party, () => send(clients[party] as Client, party)])),
	);

	const live = await liveRecords();
	for (const [party, {status, setCookie, body}] of Object.entries(answers)) {
		t.is(status, 200, party);
		const [cookie = ''] = setCookie;
		if (cookie.startsWith('sid=;')) t.true(body === 'anonymous' || party.includes('logout'), `${party} cleared`);
		else if (cookie) t.true(writers.has(party), `${party} set a cookie, but stored nothing`);
	}

	const saw = (party: string) => answers[party]?.body === 'seen';
	if (parties.some(party => party.includes('logout'))) {
		// Also one that came with an old id. A request after it saw an anonymous visitor, and may have begun another session.
		t.deepEqual(
			live.filter(({bytes}) => Buffer.from(bytes).includes('alice')),
			[],
			'the logout did not win',
		);
		return;
	}

	t.is(live.length, 1, 'one session lives');
	const old = await storedData(sessions, visitor);
	const moved = Object.entries(clients).filter(
		([party, {cookie}]) => party.startsWith('regenerate') && cookie !== visitor.cookie,
	);
	const hasMoved = parties.some(party => party.startsWith('regenerate') && saw(party));
	t.is(moved.length, hasMoved ? 1 : 0, 'one regenerate won');
	t.is(old === undefined, hasMoved, 'the old id is dead');

	const newest = await storedData(sessions, moved[0]?.[1] ?? visitor);
	t.is(newest?.['user'], 'alice');
	t.is(newest?.['written'] === true, writers.has('write'), 'what was acknowledged is stored, and nothing else');
	t.is(newest?.['number'], writers.has('update') ? 1 : 0, 'the update is stored once');
};

const send = (client: Client, party: string): Promise<Answer> =>
	client.get(`/${encodeURIComponent(party)}`, {headers: {'x-party': party}});
