import test, {type ExecutionContext} from 'ava';
import {MemoryStore} from '../../source/stores/memory.ts';
import {refuseUnhandledRejections} from '../helpers/events/unhandled.ts';
import {type Route, startApp} from '../helpers/http/app.ts';
import {storedData} from '../helpers/http/stored-data.ts';
import {Gate} from '../helpers/order/barrier.ts';
import {type Operation, watch} from '../helpers/stores/watched-store.ts';

// A store call that failed or ran out of time may have been made all the same, or be made later. Neither is taken for
// granted: what a client was told is true, and what it wasn't told is there as a whole or not at all.

refuseUnhandledRejections();

const write: Route = ctx => {
	ctx.session['number'] = Number(ctx.session['number'] ?? 0) + 1;
};

const routes: Readonly<Record<string, Route>> = {
	'/write': write,
	'/save': async ctx => {
		await write(ctx);
		await ctx.session.save();
	},
	'/save-and-go-on': async ctx => {
		ctx.session['saved'] = true;
		await ctx.session.save().catch(() => undefined);
		ctx.session['later'] = true;
	},
	'/save-twice': async ctx => {
		ctx.session['saved'] = true;
		await ctx.session.save();
		ctx.session['later'] = true;
	},
	'/save-then-refuse': async ctx => {
		ctx.session['saved'] = true;
		await ctx.session.save();
		ctx.session['later'] = true;
		ctx.throw(418);
	},
	'/regenerate': ctx => ctx.session.regenerate(),
	'/login': async ctx => {
		await ctx.session.regenerate();
		await write(ctx);
	},
	'/regenerate-and-go-on': async ctx => {
		await ctx.session.regenerate();
		await ctx.session.save().catch(() => undefined);
	},
	'/regenerate-then-destroy': async ctx => {
		await ctx.session.regenerate();
		await ctx.session.save().catch(() => undefined);
		await ctx.session.destroy();
	},
	'/destroy-and-go-on': ctx => ctx.session.destroy().catch(() => undefined),
};

const start = async (t: ExecutionContext) => {
	const kept = new MemoryStore();
	const store = watch(kept);
	const keys = new Set<string>();
	const {client, sessions} = await startApp(t, {store, storeTimeout: 300}, async ctx => {
		ctx.body = JSON.stringify(ctx.session);
		await routes[ctx.path]?.(ctx);
	});
	const note: typeof store.around = (_operation, call, key) => {
		keys.add(key);
		return call();
	};
	store.around = note;
	const visitor = client();
	await visitor.get('/write');

	return {
		store,
		client,
		sessions,
		visitor,
		stored: () => storedData(sessions, visitor),
		/** Lets the n-th call of a kind be made, but not its answer come through. */
		loseReply(lossy: Operation, nth = 1) {
			let left = nth;
			store.around = async (operation, call, key) => {
				const result = await note(operation, call, key);
				if (operation === lossy && --left === 0) throw new Error('read ECONNRESET');
				return result;
			};
		},
		async live() {
			const records = await Promise.all([...keys].map(key => kept.read(key)));
			return records.filter(record => record && record.bytes[0] !== 0).length;
		},
	};
};

test('a write that lands after its time-out is merged, not undone and not repeated', async t => {
	const {store, visitor, stored} = await start(t);
	const landed = new Gate();
	let isFirst = true;
	store.around = async (operation, call) => {
		if (operation !== 'update' || !isFirst) return call();
		isFirst = false;
		// The answer is never seen; the write comes before whatever else the request asks for.
		await call();
		landed.open();
		return new Promise(() => {});
	};

	t.is((await visitor.get('/save-and-go-on')).status, 200);
	await landed.pass();
	t.deepEqual(await stored(), {number: 1, saved: true, later: true});
});

test('a write that lands after a later one changes nothing any more', async t => {
	const {store, visitor, stored} = await start(t);
	let land = () => {};
	store.around = async (operation, call) => {
		if (operation !== 'update') return call();
		store.around = (_operation, other) => other();
		return new Promise((resolve, reject) => {
			land = () => void call().then(resolve, reject);
		});
	};

	t.is((await visitor.get('/write')).status, 503);
	t.is((await visitor.get('/save-and-go-on')).status, 200);
	land();
	t.deepEqual(await stored(), {number: 1, saved: true, later: true});
});

test('a change whose reply was lost fails its request, and is there', async t => {
	for (const path of ['/write', '/save']) {
		const {visitor, loseReply, stored} = await start(t);
		loseReply('update');
		t.like(await visitor.get(path), {status: 503, setCookie: []}, path);
		t.deepEqual(await stored(), {number: 2}, path);
	}
});

test('a new session whose reply was lost is nobody’s, and the next one is another', async t => {
	const {client, loseReply, live} = await start(t);
	const newcomer = client();
	loseReply('create');
	t.like(await newcomer.get('/write'), {status: 503, setCookie: []});
	t.is((await newcomer.get('/save-and-go-on')).setCookie.length, 1);
	t.is((await newcomer.get('/')).body, '{"saved":true,"later":true}');
	t.is(await live(), 3, 'of the visitor, nobody, and the newcomer');
});

test('a save that came through stays, and so does its cookie, when the commit fails after it', async t => {
	for (const [path, status] of [
		['/save-twice', 503],
		['/save-then-refuse', 418],
	] as const) {
		const {client, store, sessions} = await start(t);
		const newcomer = client();
		store.around = async (operation, call) => {
			if (operation === 'update') throw new Error('the disk is full');
			return call();
		};

		const answer = await newcomer.get(path);
		t.is(answer.status, status);
		t.is(answer.setCookie.length, 1);
		t.deepEqual(await storedData(sessions, newcomer), {saved: true});
	}
});

test('a regeneration that failed half-way is never answered as if it were done, and its session is never half there', async t => {
	for (const path of ['/regenerate', '/regenerate-and-go-on']) {
		for (const operation of ['create', 'update'] as const) {
			const {visitor, loseReply, stored, live} = await start(t);
			loseReply(operation);
			const {status, setCookie} = await visitor.get(path);
			const isRetried = operation === 'create' && path === '/regenerate-and-go-on';
			t.is(status, isRetried ? 200 : 503, path);
			t.is(setCookie.length, isRetried ? 1 : 0);

			// Once the old record may be a tombstone, nobody knows: the new one is taken back, and its client logs in again.
			t.deepEqual(await stored(), operation === 'create' ? {number: 1} : undefined, `${path}, ${operation}`);
			t.is(await live(), operation === 'create' ? 2 : 0, 'records, one of them with an id that nobody was told');
		}
	}
});

test('a client whose regeneration failed half-way is anonymous, and may log in again at once', async t => {
	const {visitor, loseReply} = await start(t);
	loseReply('update');
	t.is((await visitor.get('/regenerate')).status, 503);
	t.like(await visitor.get('/write'), {status: 200, body: '{}', setCookie: []});
	t.is((await visitor.get('/')).body, '{}', 'nothing was stored');

	t.deepEqual((await visitor.get('/regenerate')).setCookie, [], 'nothing in it, so no session');
	t.is((await visitor.get('/login')).setCookie.length, 1);
	t.is((await visitor.get('/')).body, '{"number":1}');
});

test('a session whose regeneration failed half-way can still be ended', async t => {
	const {visitor, loseReply, live} = await start(t);
	loseReply('update');
	const former = visitor.fork();
	t.like(await visitor.get('/regenerate-then-destroy'), {status: 200});
	t.is(visitor.cookies.size, 0);
	t.is((await former.get('/')).body, '{}');
	t.is(await live(), 0);
});

test('an end whose reply was lost is an end, and asking again confirms it', async t => {
	const {visitor, loseReply, live} = await start(t);
	loseReply('delete');
	t.is((await visitor.get('/destroy-and-go-on')).status, 200);
	t.is(visitor.cookies.size, 0);
	t.is(await live(), 0);
});
