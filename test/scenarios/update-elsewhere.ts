import {randomUUID} from 'node:crypto';
import test from 'ava';
import {MemoryStore} from '../../source/stores/memory.ts';
import {recordEvents} from '../helpers/events/record-events.ts';
import {type Route, startApp} from '../helpers/http/app.ts';
import {all} from '../helpers/stores/all.ts';
import {fakeClock} from '../helpers/stores/conforms.ts';
import {onEachIndex} from '../helpers/stores/on-each-index.ts';
import {onEachStore, onTwoStores} from '../helpers/stores/on-each-store.ts';
import {holdNext, watch} from '../helpers/stores/watched-store.ts';

// Sessions that are changed from outside: a role was taken away, a price changed.

const route: Route = async ctx => {
	const {session} = ctx;
	const [, action, subject] = ctx.path.split('/');
	if (action === 'login') {
		await session.regenerate();
		Object.assign(session, {subject, role: 'admin', views: 0});
	}
	if (action === 'write') session['views'] = Number(session['views'] ?? 0) + 1;
	if (action === 'regenerate') await session.regenerate();
	if (action === 'flashes') session['shown'] = session.flashes('info');
	ctx.body = JSON.stringify({...session, handle: session.handle});
};

type Shown = {readonly role?: string; readonly views?: number; readonly handle: string; readonly shown?: string[]};

onEachStore(
	'a session that is changed from outside shows it at its next request, and nothing is extended',
	async (t, store) => {
		const {client, sessions} = await startApp(t, {store, touchAfter: 0}, route);
		const visitor = client();
		const {handle}: Shown = JSON.parse((await visitor.get('/login/ada')).body);
		const id = visitor.cookies.get('sid')?.slice(0, 43) ?? '';
		const before = (await store.read(`session:${handle}`))?.expiresAt;

		const demote = (session: Record<string, unknown>) => {
			session['role'] = 'reader';
		};
		store.calls.length = 0;
		t.true(await sessions.update({handle}, demote));
		t.deepEqual(store.calls, ['read', 'update']);
		t.is((await store.read(`session:${handle}`))?.expiresAt, before);
		store.calls.length = 0;
		t.true(await sessions.update({id}, demote), 'it lived, and had that role already');
		t.deepEqual(store.calls, ['read']);
		t.like(JSON.parse((await visitor.get('/')).body), {role: 'reader'});

		await visitor.get('/regenerate');
		t.true(
			await sessions.update({handle}, session => {
				session['role'] = 'editor';
			}),
			'under its new id, too',
		);
		t.like(JSON.parse((await visitor.get('/')).body), {role: 'editor'});

		const current = {handle: (JSON.parse((await visitor.get('/')).body) as Shown).handle};
		await sessions.destroy(current);
		t.false(await sessions.update(current, demote));
		t.false(await sessions.update({handle}, demote), 'nor by the way of its old id');
		t.false(await sessions.update({handle: 'unknown'}, demote));
	},
);

onTwoStores('a request that has the session merges the change as that of another request', async (t, store) => {
	const {client, sessions} = await startApp(t, {store}, route);
	for (const path of ['/write', '/regenerate']) {
		const visitor = client();
		const {handle}: Shown = JSON.parse((await visitor.get('/login/ada')).body);
		const gate = holdNext(store, path === '/write' ? 'update' : 'create');
		const answer = visitor.get(path);
		await gate.reached;
		t.true(
			await sessions.update({handle}, session => {
				session['role'] = 'reader';
			}),
		);
		gate.open();
		await answer;
		t.like(JSON.parse((await visitor.get('/')).body), {role: 'reader', views: path === '/write' ? 1 : 0}, path);
	}
});

onTwoStores(
	'a new id that is listed and changed before it is in use ends nothing, and keeps the change',
	async (t, store) => {
		const {client, sessions} = await startApp(t, {store}, route);
		const subject = randomUUID();
		const visitor = client();
		await visitor.get(`/login/${subject}`);
		// The successor is stored, and the old record isn't a tombstone yet.
		const gate = holdNext(store, 'update');
		const answer = visitor.get('/regenerate');
		await gate.reached;
		const changed = await sessions.updateAll(subject, session => {
			session['role'] = 'reader';
		});
		t.is(changed, 2, 'the same session, twice');
		gate.open();
		await answer;
		t.like(JSON.parse((await visitor.get('/')).body), {role: 'reader'});
		t.is((await all(sessions.list(subject))).length, 1);
	},
);

onTwoStores(
	'a new id keeps what was changed under it, even if its request fails and meets another one',
	async (t, store) => {
		const {client, sessions} = await startApp(t, {store}, async ctx => {
			await route(ctx);
			if (ctx.path === '/regenerate') ctx.throw(500);
		});
		const subject = randomUUID();
		const visitor = client();
		const {handle: old}: Shown = JSON.parse((await visitor.get(`/login/${subject}`)).body);
		const gate = holdNext(store, 'update');
		const answer = visitor.get('/regenerate');
		await gate.reached;
		const listed = await all(sessions.list(subject));
		const [successor] = listed.filter(({handle}) => handle !== old);
		t.true(
			await sessions.update({handle: successor?.handle ?? ''}, session => {
				session['role'] = 'reader';
			}),
		);
		await visitor.fork().get('/write');
		gate.open();
		t.is((await answer).status, 500);
		t.like(JSON.parse((await visitor.get('/')).body), {role: 'reader', views: 1});
	},
);

onEachStore('changes from outside and as many by requests at once lose none', async (t, store, {name}) => {
	const {client, sessions} = await startApp(t, {store}, async ctx => {
		if (ctx.path === '/count') {
			await ctx.session.update(session => {
				session['views'] = Number(session['views'] ?? 0) + 1;
			});
		}
		await route(ctx);
	});
	const visitor = client();
	const {handle}: Shown = JSON.parse((await visitor.get('/login/ada')).body);
	const outside = () =>
		sessions.update({handle}, session => {
			session['outside'] = Number(session['outside'] ?? 0) + 1;
		});
	// Each loses to all that are faster, so the cost grows with the square; after ten seconds, a change is refused.
	const rounds = name === 'memory' ? 50 : 15;
	const inRequest = async () => (await visitor.fork().get('/count')).status === 200;
	const made = await Promise.all(Array.from({length: rounds}, () => [outside(), inRequest()]).flat());
	t.true(made.every(Boolean));
	t.like(JSON.parse((await visitor.get('/')).body), {views: rounds, outside: rounds});
});

onEachIndex('all sessions of a subject are changed, each once, whatever ids they have had', async (t, store) => {
	const {client, sessions} = await startApp(t, {store}, route);
	const subject = randomUUID();
	const [one, another, other] = [client(), client(), client()];
	for (const each of [one, another]) await each.get(`/login/${subject}`);
	await other.get(`/login/${randomUUID()}`);
	for (let moves = 0; moves < 5; moves++) await one.get('/regenerate');

	const changed = await sessions.updateAll(subject, session => {
		session['views'] = Number(session['views']) + 1;
	});
	t.is(changed, 2);
	for (const each of [one, another]) t.like(JSON.parse((await each.get('/')).body), {views: 1});
	t.like(JSON.parse((await other.get('/')).body), {views: 0});
});

test.serial('timeouts: shorter ones count from the last use, longer ones from the next', async t => {
	const clock = fakeClock(t);
	const store = watch(new MemoryStore());
	const {client, sessions} = await startApp(t, {store}, route);
	const visitor = client();
	const {handle}: Shown = JSON.parse((await visitor.get('/login/ada')).body);
	const start = clock.now();
	await clock.advance(3_600_000);
	const change = (idleTimeout: '6h' | '3d' | '1h' | '30d') =>
		sessions.update({handle}, session => {
			session.idleTimeout = idleTimeout;
		});
	await change('6h');
	t.is((await store.read(`session:${handle}`))?.expiresAt, start + 6 * 3_600_000);
	await change('3d');
	t.is((await store.read(`session:${handle}`))?.expiresAt, start + 6 * 3_600_000, 'the cookie says no more');
	t.is((await visitor.get('/')).setCookie.length, 1);
	t.is((await store.read(`session:${handle}`))?.expiresAt, clock.now() + 72 * 3_600_000);
	await t.throwsAsync(change('30d'), {instanceOf: RangeError});

	await clock.advance(2 * 3_600_000);
	t.true(await change('1h'));
	t.false(await change('3d'), 'it has ended');
});

test.serial('the function sees all but the id, and may change all but the id and the end', async t => {
	const store = new MemoryStore();
	const {client, sessions} = await startApp(t, {store}, route);
	const visitor = client();
	const {handle}: Shown = JSON.parse((await visitor.get('/login/ada')).body);
	await sessions.update({handle}, async session => {
		t.like(session, {isNew: false, permanent: true, subject: 'ada', handle});
		t.true(session.createdAt <= session.lastSeenAt && session.lastSeenAt < session.expiresAt);
		t.throws(() => session.id, {code: 'ERR_SESSION_READ_ONLY'});
		for (const refused of ['save', 'destroy', 'regenerate'] as const) {
			await t.throwsAsync(session[refused](), {code: 'ERR_SESSION_READ_ONLY'});
		}
		session.flash('info', 'You are a reader now');
		session.subject = 'eve';
		await Promise.resolve();
		session['role'] = 'reader';
	});
	t.like(JSON.parse((await visitor.get('/flashes')).body), {role: 'reader', shown: ['You are a reader now']});
	t.is((await all(sessions.list('eve'))).length, 1);
});

test.serial('a function that fails, and what no codec encodes, changes nothing', async t => {
	const {client, sessions} = await startApp(t, {store: new MemoryStore()}, route);
	const visitor = client();
	const {handle}: Shown = JSON.parse((await visitor.get('/login/ada')).body);
	const before = (await visitor.get('/')).body;
	await t.throwsAsync(
		sessions.update({handle}, session => {
			session['role'] = 'lost';
			throw new Error('no');
		}),
		{message: 'no'},
	);
	await t.throwsAsync(
		sessions.update({handle}, session => Object.assign(session, {broken: () => 1})),
		{code: 'ERR_SESSION_NOT_ENCODABLE'},
	);
	t.is((await visitor.get('/')).body, before);
});

test.serial('arguments that are none are refused by name', async t => {
	const {sessions} = await startApp(t, {store: new MemoryStore()}, route);
	await t.throwsAsync(sessions.update({handle: 'A'.repeat(43)}, 1 as never), {message: /`fn`/});
	await t.throwsAsync(
		sessions.updateAll(undefined as never, () => undefined),
		{message: /`subject`/},
	);
});

test.serial('a session that cannot be decoded does not count, and an event says so', async t => {
	const store = new MemoryStore();
	const {sessions} = await startApp(t, {store}, route);
	const events = recordEvents(t, ['undecodable']);
	const name = {handle: 'A'.repeat(43)};
	await store.create(`session:${name.handle}`, {bytes: Buffer.from('garbage'), expiresAt: Date.now() + 60_000});
	t.false(await sessions.update(name, () => t.fail()));
	t.is(events.length, 1);
});
