import {randomUUID} from 'node:crypto';
import test from 'ava';
import type {Store} from '../../source/store.ts';
import {MemoryStore} from '../../source/stores/memory.ts';
import {recordEvents} from '../helpers/events/record-events.ts';
import {type Route, startApp} from '../helpers/http/app.ts';
import {turnsDuring} from '../helpers/order/turns.ts';
import {all} from '../helpers/stores/all.ts';
import {BusyStore} from '../helpers/stores/busy-store.ts';
import {onEachStore, onTwoStores} from '../helpers/stores/on-each-store.ts';
import {holdNext} from '../helpers/stores/watched-store.ts';

// All sessions of an application: listed, counted and ended.

const route: Route = async ctx => {
	const {session} = ctx;
	if (ctx.path === '/write') session['views'] = Number(session['views'] ?? 0) + 1;
	if (ctx.path === '/regenerate') await session.regenerate();
	if (ctx.path === '/login') {
		await session.regenerate();
		session.subject = 'ada';
		await session.save();
	}
	ctx.body = JSON.stringify({...session, isNew: session.isNew});
};

const unsupported = {code: 'ERR_SESSION_UNSUPPORTED', message: /can't list what it has.*replace the signing keys/};

onEachStore('all sessions are listed, counted and ended, except one', async (t, store) => {
	const prefix = `all-${randomUUID()}:`;
	const {client, sessions} = await startApp(t, {store, prefix}, route);
	const other = await startApp(t, {store, prefix: `other-${prefix}`}, route);
	if (!store.keys) {
		await t.throwsAsync(all(sessions.all()), unsupported);
		await t.throwsAsync(sessions.count(), unsupported);
		await t.throwsAsync(sessions.destroyAll(), unsupported);
		return;
	}

	t.is(await sessions.count(), 0);
	const [ada, eve, own] = [client(), client(), client()];
	await other.client().get('/write');
	for (const each of [ada, eve, own]) await each.get('/write');
	await ada.get('/login');
	await own.get('/regenerate');

	t.is(await sessions.count(), 3, 'tombstones are no sessions, and those of another prefix are others');
	if (store.bySubject) t.is(await sessions.count({subject: 'ada'}), 1);
	const listed = await all(sessions.all());
	t.deepEqual(listed.map(({subject}) => subject ?? '-').toSorted(), ['-', '-', 'ada']);
	for (const {data, createdAt, lastSeenAt, expiresAt} of listed) {
		t.deepEqual(data, {views: 1});
		t.true(createdAt <= lastSeenAt && lastSeenAt < expiresAt);
	}

	const except = own.cookies.get('sid')?.slice(0, 43) ?? '';
	t.is(await sessions.destroyAll({except}), 2);
	for (const each of [ada, eve]) t.like(JSON.parse((await each.get('/')).body), {isNew: true});
	t.like(JSON.parse((await own.get('/')).body), {views: 1, isNew: false});
	t.is(await sessions.destroyAll(), 1);
	t.is(await sessions.count(), 0);
	t.is(await other.sessions.count(), 1);
	await other.sessions.destroyAll();
});

onTwoStores('what is being written or gets a new id while all sessions end stays ended', async (t, store) => {
	const {client, sessions} = await startApp(t, {store, prefix: `late-${randomUUID()}:`}, route);
	for (const [path, held] of [
		['/write', 'update'],
		['/regenerate', 'create'],
		['/regenerate', 'update'],
	] as const) {
		const visitor = client();
		await visitor.get('/write');
		const gate = holdNext(store, held);
		const answer = visitor.get(path);
		await gate.reached;
		t.true((await sessions.destroyAll()) >= 1);
		gate.open();
		t.is((await answer).status, 200);
		t.like(JSON.parse((await visitor.get('/')).body), {isNew: true}, `${path}, ${held}`);
		t.is(await sessions.count(), 0);
	}
});

onTwoStores("the operator's own session stays under a new id that another request gave it", async (t, store) => {
	const prefix = `moved-${randomUUID()}:`;
	const {client, sessions} = await startApp(t, {store, prefix}, route);
	const [other, own] = [client(), client()];
	for (const each of [other, own]) await each.get('/write');
	const except = own.cookies.get('sid')?.slice(0, 43) ?? '';
	await own.get('/regenerate');
	t.is(await sessions.destroyAll({except}), 1);
	t.like(JSON.parse((await other.get('/')).body), {isNew: true});

	// It gets two more while another process walks.
	const keys = store.keys?.bind(store) ?? t.fail();
	const moving: Store = Object.create(store, {
		keys: {
			async *value() {
				for (let moves = 0; moves < 3; moves++) {
					yield* keys(prefix);
					await own.get('/regenerate');
				}
			},
		},
	});
	await sessions.create({});
	const operator = await startApp(t, {store: moving, prefix}, route);
	t.is(await operator.sessions.destroyAll({except}), 1);
	t.like(JSON.parse((await own.get('/')).body), {views: 1, isNew: false});
	t.is(await sessions.destroyAll(), 1);
});

test.serial('what nobody can decode is counted and ended, but not listed', async t => {
	const store = new MemoryStore();
	const {sessions} = await startApp(t, {store}, route);
	await sessions.create({});
	await store.create(`session:${'A'.repeat(43)}`, {bytes: Buffer.from('garbage'), expiresAt: Date.now() + 60_000});
	await store.create('session:not-a-handle', {bytes: Buffer.from('else'), expiresAt: Date.now() + 60_000});
	const events = recordEvents(t, ['undecodable']);
	t.is((await all(sessions.all())).length, 1);
	t.is(events.length, 1);
	t.is(await sessions.count(), 2);
	t.is(await sessions.destroyAll(), 2);
	t.truthy(await store.read('session:not-a-handle'), 'it is no session');
});

test('arguments that may have been meant otherwise are refused', async t => {
	const {sessions} = await startApp(t, {store: new MemoryStore()}, route);
	await t.throwsAsync(sessions.count({subject: undefined} as never), {message: /`subject`/});
	await t.throwsAsync(sessions.count(null as never), {message: /`options`/});
	await t.throwsAsync(sessions.destroyAll({except: 1} as never), {message: /`except`/});
});

test('a walk over all sessions lets other requests have their turn', async t => {
	const store: Store = new BusyStore();
	const {sessions} = await startApp(t, {store}, route);
	for (let index = 0; index < 60; index++) await sessions.create({});
	const listing = await turnsDuring(async () => {
		t.is((await all(sessions.all())).length, 60);
	});
	const counting = await turnsDuring(async () => {
		t.is(await sessions.count(), 60);
	});
	const ending = await turnsDuring(async () => {
		t.is(await sessions.destroyAll(), 60);
	});
	t.true(listing >= 12, `${listing}`);
	t.true(ending >= 12, `${ending}`);
	t.true(counting >= 12, `${counting}`);
});
