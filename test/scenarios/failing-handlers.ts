import {createContext, runInContext} from 'node:vm';
import test from 'ava';
import {type Codec, type Envelope, json} from '../../source/index.ts';
import {MemoryStore} from '../../source/stores/memory.ts';
import {recordEvents} from '../helpers/events/record-events.ts';
import {type Route, startApp} from '../helpers/http/app.ts';
import {errorPage} from '../helpers/http/error-page.ts';
import {parseSetCookie} from '../helpers/http/set-cookie.ts';
import {onEachStore} from '../helpers/stores/on-each-store.ts';

/** Shows what is stored, at `/`; does something and then fails everywhere else. */
const failing =
	(fail: Route): Route =>
	async ctx => {
		if (ctx.path === '/') ctx.body = JSON.stringify(ctx.session);
		else await fail(ctx);
	};

const count: Route = ctx => {
	ctx.session['views'] = Number(ctx.session['views'] ?? 0) + 1;
};

// Rule 16.
onEachStore('a handler that throws a status below 500 has its changes saved, and its cookie sent', async (t, store) => {
	const {client} = await startApp(
		t,
		{store},
		failing(async ctx => {
			await count(ctx);
			ctx.throw(Number(ctx.path.slice(1)), 'refused');
		}),
	);
	const visitor = client();
	for (const status of [400, 404, 422, 499]) {
		const isNew = status === 400;
		const {setCookie, headers, ...answer} = await visitor.get(`/${status}`);
		t.is(answer.status, status === 499 ? 500 : status);
		t.is(setCookie.length, isNew ? 1 : 0);
		t.is(headers.vary, 'Cookie');
		t.is(headers['cache-control'], isNew ? 'no-cache="Set-Cookie"' : undefined);
	}

	// Node knows no 499, so Koa answers 500 to it.
	t.is((await visitor.get('/')).body, '{"views":3}');
});

onEachStore('a handler that answers 500 or above on its own has its changes dropped', async (t, store) => {
	const {client} = await startApp(
		t,
		{store},
		failing(async ctx => {
			await count(ctx);
			ctx.status = Number(ctx.path.slice(1));
		}),
	);
	const visitor = client();
	t.deepEqual((await visitor.get('/500')).setCookie, []);
	t.deepEqual(store.calls, []);

	t.is((await visitor.get('/404')).setCookie.length, 1);
	await visitor.get('/503');
	t.is((await visitor.get('/')).body, '{"views":1}');
});

for (const [what, thrown] of Object.entries<() => unknown>({
	'an error without a status': () => new Error('broken'),
	'an error of status 500': () => Object.assign(new Error('broken'), {status: 500}),
	'an error of an unknown status': () => Object.assign(new Error('broken'), {status: 999}),
	'an error whose status is a text': () => Object.assign(new Error('broken'), {status: '404'}),
	'a missing file': () => Object.assign(new Error('broken'), {code: 'ENOENT'}),
	'a text': () => 'broken',
	'an object': () => ({status: 404}),
})) {
	test(`a handler that throws ${what} has its changes dropped`, async t => {
		const {client} = await startApp(
			t,
			{store: new MemoryStore()},
			failing(async ctx => {
				await count(ctx);
				if (ctx.path === '/fail') throw thrown();
			}),
		);
		const visitor = client();
		await visitor.get('/work');
		const {status, setCookie} = await visitor.get('/fail');
		t.is(status, 500);
		t.deepEqual(setCookie, []);
		t.is((await visitor.get('/')).body, '{"views":1}');
	});
}

test('an error of another realm counts as Koa counts it', async t => {
	const elsewhere = runInContext('() => new Error("gone")', createContext()) as () => Error;
	const {client} = await startApp(
		t,
		{store: new MemoryStore()},
		failing(async ctx => {
			await count(ctx);
			throw Object.assign(elsewhere(), {status: 410});
		}),
	);
	const visitor = client();
	t.is((await visitor.get('/fail')).status, 410);
	t.is((await visitor.get('/')).body, '{"views":1}');
});

onEachStore('what a handler ended stays ended though it fails', async (t, store) => {
	const {client} = await startApp(
		t,
		{store},
		failing(async ctx => {
			await count(ctx);
			if (ctx.path === '/null') (ctx as {session: unknown}).session = null;
			if (ctx.path === '/destroy') await ctx.session.destroy();
			if (ctx.path !== '/work') throw new Error('broken');
		}),
	);
	for (const path of ['/null', '/destroy']) {
		const visitor = client();
		await visitor.get('/work');
		const tab = visitor.fork();

		const {status, setCookie} = await visitor.get(path);
		t.is(status, 500);
		t.like(parseSetCookie(setCookie[0]), {name: 'sid', value: '', attributes: {'Max-Age': '0', Path: '/'}});
		t.is((await tab.get('/')).body, '{}');
	}
});

onEachStore('a new id stays, and reaches the client, though the handler fails', async (t, store) => {
	const {client} = await startApp(
		t,
		{store},
		failing(async ctx => {
			await count(ctx);
			if (ctx.path === '/work') return;
			await ctx.session.regenerate();
			if (ctx.path === '/text') throw 'broken';
			throw new Error('broken');
		}),
	);
	for (const path of ['/error', '/text']) {
		const visitor = client();
		await visitor.get('/work');
		const tab = visitor.fork();

		const {status, setCookie} = await visitor.get(path);
		t.is(status, 500);
		t.is(setCookie.length, 1);
		t.is((await visitor.get('/')).body, '{"views":1}', 'the change of the request that failed is dropped');
		t.is((await tab.get('/')).body, '{}', 'the old id is dead');
	}
});

onEachStore('what was saved explicitly stays, though the handler fails afterwards', async (t, store) => {
	const {client} = await startApp(
		t,
		{store},
		failing(async ctx => {
			ctx.session['order'] = 'paid';
			await ctx.session.save();
			ctx.session['order'] = 'shipped';
			throw new Error('broken');
		}),
	);
	const visitor = client();
	const {status, setCookie} = await visitor.get('/fail');
	t.is(status, 500);
	t.is(setCookie.length, 1);
	t.is((await visitor.get('/')).body, '{"order":"paid"}');
});

test('the headers of an error keep what the application put there', async t => {
	const {client} = await startApp(
		t,
		{store: new MemoryStore()},
		failing(async ctx => {
			await count(ctx);
			ctx.set('Cache-Control', 'public, max-age=60');
			ctx.throw(409, 'refused', {
				headers: {
					vary: 'Accept',
					'set-cookie': ['theme=dark'],
					...(ctx.path === '/own' && {'cache-control': 'no-store'}),
				},
			});
		}),
	);
	const {headers, setCookie} = await client().get('/own');
	t.deepEqual(
		setCookie.map(line => parseSetCookie(line).name),
		['theme', 'sid'],
	);
	t.is(headers.vary, 'Accept, Cookie');
	t.is(headers['cache-control'], 'no-store');
	t.is((await client().get('/none')).headers['cache-control'], 'no-cache="Set-Cookie"');
});

test('an error that many requests share brings no client the cookie of another', async t => {
	const shared = Object.assign(new Error('refused'), {status: 403, expose: true});
	const {client} = await startApp(
		t,
		{store: new MemoryStore()},
		failing(async ctx => {
			if (ctx.path === '/write') await count(ctx);
			throw shared;
		}),
	);
	t.is((await client().get('/write')).setCookie.length, 1);
	const {setCookie, headers} = await client().get('/nothing');
	t.deepEqual(setCookie, []);
	t.is(headers.vary, undefined);
	t.deepEqual(Reflect.ownKeys(shared).toSorted(), ['expose', 'message', 'stack', 'status'], 'nothing is left on it');
});

test('an error shows no token to those who log it', async t => {
	const logged: string[] = [];
	const {client} = await startApp(
		t,
		{store: new MemoryStore()},
		failing(async ctx => {
			await count(ctx);
			ctx.throw(403, 'refused');
		}),
		app => app.on('error', error => logged.push(JSON.stringify(error))),
	);
	const visitor = client();
	await visitor.get('/fail');
	t.is(logged.length, 1);
	t.notRegex(logged.join(), /sid=/);
	t.true((visitor.cookies.get('sid') ?? '').length > 43);
});

// Rule 20.
onEachStore("an application's error is never replaced by one of the store", async (t, store) => {
	const {client} = await startApp(
		t,
		{store},
		failing(async ctx => {
			await count(ctx);
			if (ctx.path !== '/work') ctx.throw(Number(ctx.path.slice(1)), 'mine', {expose: true});
		}),
	);
	const visitor = client();
	await visitor.get('/work');
	store.around = async (operation, call) => {
		if (operation !== 'read') throw new Error('the disk is full');
		return call();
	};

	for (const status of [402, 500]) {
		const answer = await visitor.get(`/${status}`);
		t.is(answer.status, status);
		t.is(answer.body, 'mine');
	}

	t.is(
		(await visitor.get('/work')).status,
		503,
		'without an error of its own, the request fails with that of the store',
	);
});

test.serial('what a failing request loses is reported', async t => {
	const events = recordEvents(t);
	const {client} = await startApp(
		t,
		{store: new MemoryStore()},
		failing(async ctx => {
			await count(ctx);
			if (ctx.path === '/server') throw new Error('broken');
			if (ctx.path === '/regenerate') {
				await ctx.session.regenerate();
				ctx.session.subject = 'ada';
				throw new Error('broken');
			}
			if (ctx.path === '/client') {
				ctx.session['callback'] = () => undefined;
				ctx.throw(400);
			}
		}),
	);
	const visitor = client();
	await visitor.get('/work');
	for (const path of ['/server', '/client', '/regenerate']) {
		events.length = 0;
		await visitor.get(path);
		const lost = events.filter(({name}) => name === 'lost');
		t.is(lost.length, 1, path);
		t.like(lost[0], {payload: {reason: 'failed'}}, path);
	}
});

test.serial('also where the codec keeps nothing of what `regenerate()` leaves', async t => {
	const whole = json();
	const sparing: Codec<Envelope> = function* (stored, context) {
		const kept = yield* whole(stored, context);
		return Object.keys(JSON.parse(String(kept)).data).length > 0 ? kept : undefined;
	};
	const {client} = await startApp(t, {store: new MemoryStore(), codec: sparing}, async ctx => {
		if (ctx.path === '/visit') ctx.session['visited'] = true;
		if (ctx.path !== '/fail') return;
		await ctx.session.regenerate({keep: false});
		ctx.session.subject = 'ada';
		ctx.throw(500);
	});
	const visitor = client();
	await visitor.get('/visit');
	const events = recordEvents(t, ['lost']);
	await visitor.get('/fail');
	t.like(events, [{payload: {reason: 'failed'}}]);
	t.is(events.length, 1);
});

onEachStore(
	'if the function `cookie` fails, what an error page writes to the session is reported as lost',
	async (t, store) => {
		const events = recordEvents(t);
		const {client} = await startApp(
			t,
			{
				store,
				cookie() {
					throw new Error('an unknown host');
				},
			},
			ctx => {
				ctx.body = 'done';
			},
			errorPage(ctx => {
				ctx.session.flash('error', 'try later');
				ctx.status = 503;
			}),
		);
		t.is((await client().get('/')).status, 503);
		t.like(
			events.find(({name}) => name === 'lost'),
			{payload: {reason: 'unavailable'}},
		);
	},
	test.serial,
);
