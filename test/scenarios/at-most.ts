import {AsyncLocalStorage} from 'node:async_hooks';
import {randomInt, randomUUID} from 'node:crypto';
import test from 'ava';
import type {Store} from '../../source/store.ts';
import {MemoryStore} from '../../source/stores/memory.ts';
import {handleOf} from '../../source/tokens/identifier.ts';
import {type Client, type Route, startApp} from '../helpers/http/app.ts';
import {Gate} from '../helpers/order/barrier.ts';
import {Scheduler, seededRandom} from '../helpers/order/scheduler.ts';
import {runs} from '../helpers/runs.ts';
import {all} from '../helpers/stores/all.ts';
import {fakeClock} from '../helpers/stores/conforms.ts';
import {onEachIndex} from '../helpers/stores/on-each-index.ts';
import {storesUnderTest} from '../helpers/stores/stores.ts';
import {type Operation, watch} from '../helpers/stores/watched-store.ts';

// At most so many sessions for each user: the ones seen last.

type Revoke = (id: string, subject: string) => Promise<number>;

/** A login ends the sessions beyond three that were seen least recently, but never its own. */
const routeWith =
	(revoke: () => Revoke): Route =>
	async ctx => {
		const {session} = ctx;
		const [, action, subject = ''] = ctx.path.split('/');
		if (action === 'login') {
			await session.regenerate({restart: true});
			Object.assign(session, {user: 'ada', subject});
			await session.save();
			await revoke()(session.id, subject);
		}
		if (action === 'regenerate') await session.regenerate();
		if (action === 'write') session['written'] = true;
		ctx.body = JSON.stringify({...session, handle: session.handle});
	};

const start = async (t: Parameters<typeof startApp>[0], store: Store, configure?: Parameters<typeof startApp>[3]) => {
	let revoke: Revoke = async () => 0;
	const app = await startApp(
		t,
		{store, touchAfter: 0},
		routeWith(() => revoke),
		configure,
	);
	revoke = (except, subject) => app.sessions.revoke(subject, {keep: 3, except});
	return app;
};

const isIn = async (client: Client): Promise<boolean> => JSON.parse((await client.get('/')).body).user === 'ada';

onEachIndex('logins at the same moment leave exactly three sessions, and every later one its own', async (t, store) => {
	const {client, sessions} = await start(t, store);
	const subject = randomUUID();
	const clients = Array.from({length: 8}, client);
	const answers = await Promise.all(clients.map(each => each.get(`/login/${subject}`)));
	t.true(answers.every(({status}) => status === 200));
	t.is(await sessions.count({subject}), 3);
	const are = await Promise.all(clients.map(isIn));
	t.is(are.filter(Boolean).length, 3);

	const late = client();
	await late.get(`/login/${subject}`);
	t.true(await isIn(late));
	t.is(await sessions.count({subject}), 3);
	await sessions.revoke(subject);
});

test.serial('those seen least recently end first, then the older ones', async t => {
	const clock = fakeClock(t);
	const store = watch(new MemoryStore());
	const {client, sessions} = await start(t, store);
	const log = async () => {
		const visitor = client();
		const {handle} = JSON.parse((await visitor.get('/login/ada')).body) as {handle: string};
		await clock.advance(1000);
		return {visitor, handle};
	};
	const [first, second, third] = [await log(), await log(), await log()];
	await first.visitor.get('/');
	await clock.advance(1000);
	const fourth = await log();
	const listed = async () => (await all(sessions.list('ada'))).map(({handle}) => handle).toSorted();
	t.deepEqual(await listed(), [first.handle, third.handle, fourth.handle].toSorted(), 'the second was idle');

	t.is(await sessions.revoke('ada', {keep: 3}), 0);
	const except = third.visitor.cookies.get('sid')?.slice(0, 43) ?? '';
	t.is(await sessions.revoke('ada', {keep: 1, except}), 2, 'its own is never ended, though it was seen least recently');
	t.deepEqual(await listed(), [third.handle]);

	await third.visitor.get('/regenerate');
	await log();
	t.is(await sessions.revoke('ada', {keep: 1, except}), 1, 'nor under another id than it knows');
	t.true(await isIn(third.visitor));
	t.false(await isIn(second.visitor));

	// Created and seen in one millisecond: the handles decide.
	const created = await Promise.all(Array.from({length: 5}, () => sessions.create({}, {subject: 'eve'})));
	t.is(await sessions.revoke('eve', {keep: 2}), 3);
	const kept = (await all(sessions.list('eve'))).map(({handle}) => handle).toSorted();
	t.is(kept.length, 2);
	t.is(created.length, 5);
	t.is(await sessions.revoke('eve', {keep: 2}), 0);
});

/** A user on three devices, one of which is about to get a new id. `turn` is called before each call of the store. */
const onThree = async (
	t: Parameters<typeof startApp>[0],
	turn: (operation: Operation, by: 'revoke' | 'device', key: string) => Promise<void>,
) => {
	const store = watch(new MemoryStore());
	const {client, sessions} = await start(t, store);
	const devices = [client(), client(), client()] as const;
	for (const device of devices) await device.get('/login/ada');
	const by = new AsyncLocalStorage<'revoke'>();
	store.around = async (operation, call, key) => {
		await turn(operation, by.getStore() ?? 'device', key);
		return call();
	};
	return {
		revoke: () => by.run('revoke', () => sessions.revoke('ada', {keep: 3})),
		regenerate: () => devices[2].get('/regenerate'),
		async left() {
			store.around = (_operation, call) => call();
			const are = await Promise.all(devices.map(isIn));
			t.is(await sessions.count({subject: 'ada'}), are.filter(Boolean).length, 'and none that nobody holds');
			return are;
		},
	};
};

test('a session that gets a new id while they are listed counts once', async t => {
	const [created, listed] = [new Gate(), new Gate()];
	const read = new Set<string>();
	const {revoke, regenerate, left} = await onThree(t, async (operation, by, key) => {
		// It is stored under both ids while the list reads them, and only under the new one when they are read again.
		if (by === 'device' && operation === 'update') await created.pass();
		if (by === 'revoke' && operation === 'read' && read.has(key)) await listed.pass();
		if (by === 'revoke' && operation === 'read') read.add(key);
	});
	const regenerated = regenerate();
	await created.reached;
	const revoked = revoke();
	await listed.reached;
	created.open();
	await regenerated;
	listed.open();
	t.is(await revoked, 0);
	t.deepEqual(await left(), [true, true, true]);
});

test('if its old id is not dead before the list ends, one fewer stays, and never one more', async t => {
	const created = new Gate();
	const {revoke, regenerate, left} = await onThree(t, async (operation, by) => {
		if (by === 'device' && operation === 'update') await created.pass();
	});
	const regenerated = regenerate();
	await created.reached;
	t.is(await revoke(), 1);
	created.open();
	await regenerated;
	t.deepEqual(await left(), [false, true, true]);
});

test('a limit that is none is refused: it must not log out everybody', async t => {
	const {sessions} = await startApp(t, {store: new MemoryStore()}, () => undefined);
	await sessions.create({}, {subject: 'ada'});
	for (const keep of [undefined, null, 0, -1, 1.5, '3', Infinity]) {
		await t.throwsAsync(sessions.revoke('ada', {keep} as never), {message: /`keep`/}, String(keep));
	}
	t.is(await sessions.count({subject: 'ada'}), 1);
});

test('to end one session and to keep some are two calls', async t => {
	const {sessions} = await startApp(t, {store: new MemoryStore()}, () => undefined);
	const {id} = await sessions.create({}, {subject: 'ada'});
	const handle = handleOf(id);
	// @ts-expect-error The handle alone would count.
	await t.throwsAsync(sessions.revoke('ada', {handle, keep: 1}), {instanceOf: TypeError, message: /`handle` alone/});
	// @ts-expect-error The handle alone would count, here too.
	await t.throwsAsync(sessions.revoke('ada', {handle, except: id}), {instanceOf: TypeError, message: /`handle` alone/});
	t.is(await sessions.count({subject: 'ada'}), 1);
	t.is(await sessions.revoke('ada', {handle}), 1);
});

// Orders are a matter of the requests, so most are tried where they cost least.
const orders = {memory: runs(12, 1000), filesystem: runs(2, 1000), redis: runs(2, 1000), postgres: runs(2, 1000)};

for (const [name, count] of Object.entries(orders)) {
	test(`${name}: parallel logins leave exactly three, ${count} times in random orders, whatever else goes on`, async t => {
		// A login that waits for its turn sleeps for a few milliseconds each time.
		t.timeout(runs(120_000, 3_600_000));
		const seed = Number(process.env['SEED'] ?? randomInt(2 ** 31));
		t.log(`SEED=${seed}`);
		const random = seededRandom(seed);
		const current = {scheduler: new Scheduler(random)};
		const real = await (storesUnderTest.find(other => other.name === name) ?? t.fail()).open(t);
		const store = watch(real);
		store.around = async (operation, call) => {
			return current.scheduler.call(operation, call);
		};
		const {client, sessions} = await start(t, store, app =>
			app.use((ctx, next) => current.scheduler.as(ctx.get('x-party'), next)),
		);
		for (let run = 0; run < count; run++) {
			current.scheduler = new Scheduler(random);
			const subject = randomUUID();
			const [writer, idle] = [client(), client()];
			await writer.get(`/login/${subject}`);
			const {handle} = JSON.parse((await idle.get(`/login/${subject}`)).body) as {handle: string};
			const names = ['login one', 'login two', 'login three'];
			const clients = names.map(client);
			// Each login restarts a session that is stored already, under a new id.
			for (const each of clients) await each.get('/write');
			const logins = names.map(
				(party, index) =>
					[party, async () => clients[index]?.get(`/login/${subject}`, {headers: {'x-party': party}})] as const,
			);
			const parties: Record<string, () => Promise<unknown>> = {
				...Object.fromEntries(logins),
				write: () => writer.fork().get('/write', {headers: {'x-party': 'write'}}),
				update: () =>
					current.scheduler.as('update', () =>
						sessions.updateAll(subject, session => {
							session['changed'] = true;
						}),
					),
				// The time of one is over: without waiting for a day, its end moves here.
				expiry: () => current.scheduler.as('expiry', () => end(store, `session:${handle}`)),
			};
			await current.scheduler.race(parties);
			t.is(await sessions.count({subject}), 3, current.scheduler.steps.join('\n'));
			t.false(await isIn(idle));
			const are = await Promise.all([writer, ...clients].map(isIn));
			t.is(are.filter(Boolean).length, 3);
			const shown = JSON.parse((await writer.get('/')).body);
			t.is(shown.changed, shown.user && true, 'no session that was there before lacks the change');
			t.is(shown.written, shown.user && true, 'nor what its own request wrote');
			await sessions.revoke(subject);
		}
	});
}

/** Lets a session's time be over, unless it has ended already. */
const end = async (store: Store, key: string): Promise<void> => {
	for (;;) {
		const record = await store.read(key);
		if (!record || (await store.touch(key, Date.now(), record.version))) return;
	}
};
