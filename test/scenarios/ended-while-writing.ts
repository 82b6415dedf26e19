import {randomUUID} from 'node:crypto';
import type {ExecutionContext} from 'ava';
import {type Client, type Route, startApp} from '../helpers/http/app.ts';
import {storedData} from '../helpers/http/stored-data.ts';
import {Gate} from '../helpers/order/barrier.ts';
import {all} from '../helpers/stores/all.ts';
import {onTwoStores} from '../helpers/stores/on-each-store.ts';
import type {WatchedStore} from '../helpers/stores/watched-store.ts';

// A route ends its session while a call of the store for that session is under way: the answer comes back too late.

/** Holds the answer to the next call of an operation until the gate opens. */
const hold = (store: WatchedStore, held: string): Gate => {
	const gate = new Gate();
	store.around = async (operation, call) => {
		const result = await call();
		if (operation !== held) return result;
		store.around = (_operation, call) => call();
		await gate.pass();
		return result;
	};
	return gate;
};

/** Starts an application whose `/end` saves, and ends the session before the answer to a call of the store is there. */
const start = async (t: ExecutionContext, store: WatchedStore, held: string, interfere: Route, afterwards: Route) => {
	const {client, sessions} = await startApp(t, {store}, async ctx => {
		if (ctx.path === '/write') ctx.session['number'] = Number(ctx.session['number'] ?? 0) + 1;
		if (ctx.path === '/destroy') await ctx.session.destroy();
		if (ctx.path === '/end') {
			await interfere(ctx);
			const gate = hold(store, held);
			ctx.session['late'] = true;
			const saving = ctx.session.save();
			await gate.reached;
			Object.assign(ctx, {session: null});
			await afterwards(ctx);
			gate.open();
			await saving;
		}

		ctx.body = 'done';
	});
	return {client, stored: (visitor: Client) => storedData(sessions, visitor)};
};

const nothing: Route = () => undefined;
const begin: Route = ctx => Object.assign(ctx.session, {begun: true});

onTwoStores('a session that is ended while it is created leaves no record and no cookie', async (t, store) => {
	const {client} = await start(t, store, 'create', nothing, nothing);
	const visitor = client();
	t.like(await visitor.get('/end'), {status: 200, setCookie: []});
	t.true(store.calls.includes('delete'));
});

for (const [what, afterwards] of Object.entries({ended: nothing, 'ended and begun again': begin})) {
	const expected = what === 'ended' ? undefined : {begun: true};

	const assertEnded = async (t: ExecutionContext, visitor: Client, stored: (of: Client) => Promise<unknown>) => {
		const former = visitor.fork();
		t.is((await visitor.get('/end')).status, 200);
		t.is(await stored(former), undefined);
		if (expected === undefined) t.is(visitor.cookie, '', 'this request ended it, so it clears the cookie');
		else t.deepEqual(await stored(visitor), expected);
	};

	onTwoStores(
		`a session that is ${what} while it is updated stays ended, and what follows is stored alone`,
		async (t, store) => {
			const {client, stored} = await start(t, store, 'update', nothing, afterwards);
			const visitor = client();
			await visitor.get('/write');
			await assertEnded(t, visitor, stored);
		},
	);

	onTwoStores(
		`a session that is ${what} while a conflict is read stays ended, and what follows is stored alone`,
		async (t, store) => {
			let other: Client | undefined;
			const {client, stored} = await start(t, store, 'read', async () => void (await other?.get('/write')), afterwards);
			const visitor = client();
			await visitor.get('/write');
			other = visitor.fork();
			await assertEnded(t, visitor, stored);
		},
	);

	onTwoStores(
		`a session that is ${what} while a write finds it ended by another request is not brought back`,
		async (t, store) => {
			let other: Client | undefined;
			const {client, stored} = await start(
				t,
				store,
				'update',
				async () => void (await other?.get('/destroy')),
				afterwards,
			);
			const visitor = client();
			await visitor.get('/write');
			other = visitor.fork();
			const former = visitor.fork();
			t.is((await visitor.get('/end')).status, 200);
			t.is(await stored(former), undefined);
			t.deepEqual(visitor.cookie === former.cookie ? undefined : await stored(visitor), expected);
		},
	);
}

onTwoStores(
	'a session that is ended while it gets a new id is dead under both, and the cookie is cleared',
	async (t, store) => {
		const {client, sessions} = await startApp(t, {store}, async ctx => {
			if (ctx.path === '/write') ctx.session['number'] = 1;
			if (ctx.path === '/end') {
				const gate = hold(store, 'update');
				const moving = ctx.session.regenerate().then(() => ctx.session.save());
				await gate.reached;
				Object.assign(ctx, {session: null});
				gate.open();
				await moving;
			}

			ctx.body = 'done';
		});
		const visitor = client();
		await visitor.get('/write');
		const former = visitor.fork();
		store.calls.length = 0;
		t.is((await visitor.get('/end')).status, 200);
		t.is(visitor.cookie, '');
		t.is(await storedData(sessions, former), undefined);
		t.true(store.calls.includes('create') && store.calls.includes('delete'));
	},
);

for (const act of ['destroy', 'save', 'regenerate'] as const) {
	onTwoStores(`a store that failed in \`${act}()\` is not asked again at the end of the request`, async (t, store) => {
		const {client} = await startApp(t, {store}, async ctx => {
			ctx.session['number'] = Number(ctx.session['number'] ?? 0) + 1;
			if (ctx.path === '/act') await ctx.session[act]();
			ctx.body = 'done';
		});
		const visitor = client();
		await visitor.get('/');

		store.around = async (operation, call) => {
			if (operation !== 'read') throw new Error('the disk is full');
			return call();
		};
		store.calls.length = 0;
		t.like(await visitor.get('/act'), {status: 503, setCookie: []});
		t.is(store.calls.filter(operation => operation !== 'read').length, 1);
	});
}

onTwoStores(
	'a route that ends its session while what others wrote to its new id is merged leaves nothing',
	async (t, store) => {
		const subject = randomUUID();
		const merging = new Gate();
		const {client, sessions} = await startApp(t, {store}, async ctx => {
			if (ctx.path === '/login') Object.assign(ctx.session, {subject});
			if (ctx.path === '/race') {
				await ctx.session.regenerate();
				const saving = ctx.session.save();
				await merging.reached;
				Object.assign(ctx, {session: null});
				merging.open();
				await saving;
			}

			ctx.body = JSON.stringify(ctx.session);
		});
		const visitor = client();
		await visitor.get('/login');

		const [{handle} = {handle: ''}] = await all(sessions.list(subject));
		const steps = ['the old record becomes a tombstone', 'others write both', 'the new record is read again'];
		store.around = async (operation, call, key) => {
			if (operation === 'update' && steps[0]?.startsWith('the old')) {
				steps.shift();
				await sessions.updateAll(subject, session => {
					session['role'] = 'reader';
				});
				steps.shift();
				return call();
			}

			if (operation !== 'read' || !steps[0]?.startsWith('the new') || key.endsWith(handle)) return call();
			steps.shift();
			const record = await call();
			await merging.pass();
			return record;
		};
		t.is((await visitor.get('/race')).body, '{}', 'nothing of the session is in the next one');
		t.deepEqual(steps, []);
		t.deepEqual(await all(sessions.list(subject)), []);
	},
);
