import test, {type ExecutionContext} from 'ava';
import {MemoryStore} from '../../source/stores/memory.ts';
import {recordEvents} from '../helpers/events/record-events.ts';
import {refuseUnhandledRejections} from '../helpers/events/unhandled.ts';
import {type Route, startApp} from '../helpers/http/app.ts';
import {storedData} from '../helpers/http/stored-data.ts';
import {measure} from '../helpers/order/stopwatch.ts';
import {type Operation, watch} from '../helpers/stores/watched-store.ts';

// Rule 19, `onStoreError: 'anonymous'`: a failing store costs no request that loses nothing its client was promised.

refuseUnhandledRejections();

const storeTimeout = 150;
const longest = storeTimeout + 500;

const count = (session: Record<string, unknown>): void => {
	session['views'] = Number(session['views'] ?? 0) + 1;
};

const routes: Readonly<Record<string, Route>> = {
	'/write': ctx => count(ctx.session),
	'/regenerate': ctx => ctx.session.regenerate(),
	async '/save'(ctx) {
		count(ctx.session);
		await ctx.session.save();
	},
	'/save-nothing': ctx => ctx.session.save(),
	'/update': ctx => ctx.session.update(count),
	'/destroy': ctx => ctx.session.destroy(),
	'/null': ctx => Object.assign(ctx, {session: null}),
};

const start = async (t: ExecutionContext, touchAfter = 60_000) => {
	const store = watch(new MemoryStore());
	const errors: unknown[] = [];
	const {client, sessions} = await startApp(
		t,
		{store, storeTimeout, onStoreError: 'anonymous', touchAfter},
		async ctx => {
			ctx.body = JSON.stringify(ctx.session);
			await routes[ctx.path]?.(ctx);
		},
		app => app.on('error', error => errors.push(error)),
	);
	const visitor = client();
	await visitor.get('/write');
	store.calls.length = 0;

	return {
		store,
		errors,
		client,
		sessions,
		visitor,
		stored: () => storedData(sessions, visitor),
		breakDown(broken: readonly Operation[], fault: () => Promise<unknown>) {
			store.around = (operation, call) => (broken.includes(operation) ? fault() : call());
		},
		repair() {
			store.around = (_operation, call) => call();
			store.calls.length = 0;
		},
	};
};

const away: Readonly<Record<string, () => Promise<unknown>>> = {
	hangs: () => new Promise(() => {}),
	fails: async () => {
		throw new Error('connect ECONNREFUSED');
	},
};

for (const [fault, breakDown] of Object.entries(away)) {
	test(`a store that ${fault}: an empty session that stores nothing, and the old cookie works again`, async t => {
		const {visitor, store, stored, ...app} = await start(t);
		app.breakDown(['read', 'create', 'update', 'touch', 'delete'], breakDown);
		for (const path of ['/', '/write', '/regenerate', '/save-nothing']) {
			store.calls.length = 0;
			const {result, elapsed} = await measure(() => visitor.get(path));
			t.like(result, {status: 200, body: '{}', setCookie: []}, path);
			t.deepEqual(store.calls, ['read'], path);
			t.true(elapsed < longest, path);
		}

		app.repair();
		t.is((await visitor.get('/')).body, '{"views":1}');
		t.deepEqual(await stored(), {views: 1});
	});

	test(`a store that ${fault}: what is asked for explicitly still fails, and says why`, async t => {
		const {visitor, store, errors, ...app} = await start(t);
		app.breakDown(['read', 'create', 'update', 'touch', 'delete'], breakDown);
		for (const path of ['/save', '/update', '/destroy', '/null']) {
			errors.length = 0;
			const {status, setCookie} = await visitor.get(path);
			t.deepEqual({status, setCookie}, {status: 503, setCookie: []}, path);
			t.true((errors[0] as Error).cause instanceof Error, path);
		}

		t.false(store.calls.some(operation => operation !== 'read'));
		app.repair();
		t.is((await visitor.get('/')).body, '{"views":1}');
	});

	test(`a store that ${fault}: \`fromRequest()\` finds no session, and \`create()\` fails`, async t => {
		const {visitor, sessions, ...app} = await start(t);
		const bare = {headers: {cookie: visitor.cookie}, method: 'GET', url: '/', socket: {}} as never;
		app.breakDown(['read', 'create'], breakDown);
		t.is(await sessions.fromRequest(bare), undefined);
		t.like(await t.throwsAsync(sessions.create({user: 'ada'})), {status: 503});

		app.repair();
		t.like(await sessions.fromRequest(bare), {views: 1});
	});

	test(`a store that ${fault} for a new session: nothing is stored, and no cookie set`, async t => {
		const {client, store, ...app} = await start(t);
		app.breakDown(['create'], breakDown);
		const newcomer = client();
		t.like(await newcomer.get('/write'), {status: 200, setCookie: []});
		t.deepEqual(store.calls, ['create']);
		t.like(await newcomer.get('/save'), {status: 503, setCookie: []});
		t.like(await newcomer.get('/update'), {status: 503, setCookie: []});

		app.repair();
		t.is((await newcomer.get('/write')).setCookie.length, 1);
	});

	test(`a store that ${fault} after the session was loaded: lost changes fail, a lost touch does not`, async t => {
		const {visitor, ...app} = await start(t, 0);
		app.breakDown(['create', 'update', 'touch', 'delete'], breakDown);
		t.like(await visitor.get('/'), {status: 200, setCookie: [], body: '{"views":1}'});
		for (const path of ['/write', '/update', '/regenerate', '/destroy', '/null']) {
			t.like(await visitor.get(path), {status: 503, setCookie: []}, path);
		}

		app.repair();
		t.is((await visitor.get('/')).body, '{"views":1}');
	});
}

test('a touch that another request forestalled, from a store that is down by then, costs nothing', async t => {
	const {visitor, store} = await start(t, 0);
	let reads = 0;
	store.around = async (operation, call) => {
		if (operation === 'touch') return false;
		if (operation === 'read' && ++reads === 2) throw new Error('connect ECONNREFUSED');
		return call();
	};

	t.like(await visitor.get('/'), {status: 200, setCookie: [], body: '{"views":1}'});
	t.is(reads, 2);
});

test.serial('events are published for what was dropped', async t => {
	const {visitor, ...app} = await start(t);
	app.breakDown(['read'], async () => {
		throw new Error('connect ECONNREFUSED');
	});
	const events = recordEvents(t);
	await visitor.get('/write');
	t.like(events, [
		{name: 'store-error', payload: {operation: 'read'}},
		{name: 'lost', payload: {reason: 'unavailable'}},
	]);
});

test.serial('also of a new session that the store refused at the commit', async t => {
	const {client, ...app} = await start(t);
	app.breakDown(['create'], async () => {
		throw new Error('connect ECONNREFUSED');
	});
	const events = recordEvents(t);
	t.like(await client().get('/write'), {status: 200, setCookie: []});
	t.like(events, [
		{name: 'store-error', payload: {operation: 'create'}},
		{name: 'lost', payload: {session: '', reason: 'unavailable'}},
	]);
	t.is(events.length, 2);
});
