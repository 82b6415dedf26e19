import test, {type ExecutionContext} from 'ava';
import {Client, type Route, startApp} from '../helpers/http/app.ts';
import {storedData} from '../helpers/http/stored-data.ts';
import {Barrier, Gate} from '../helpers/order/barrier.ts';
import {type CountingProcess, startCountingProcess} from '../helpers/processes/counting-apps.ts';
import {runs} from '../helpers/runs.ts';
import {onEachStore} from '../helpers/stores/on-each-store.ts';
import {storesUnderTest} from '../helpers/stores/stores.ts';

// Rule 13. `ctx.session.update()`: a change that depends on what is stored is atomic, however many requests make one at once.

type Data = Record<string, unknown>;

/** How many at once. Each of them loses to all that are faster, so the cost grows with the square. */
const incrementsOn = (store: string): number => (/^(?:memory|redis)$/.test(store) ? 50 : runs(20, 50));

const increment = (session: Data): number => {
	session['number'] = Number(session['number'] ?? 0) + 1;
	return Number(session['number']);
};

/** An application with one route by path; `/write` begins a session with a number of 0. */
const start = async (
	t: ExecutionContext,
	store: Parameters<typeof startApp>[1]['store'],
	routes: Readonly<Record<string, Route>>,
) => {
	const started = await startApp(t, {store}, async ctx => {
		ctx.body = 'done';
		if (ctx.path === '/write') ctx.session['number'] = 0;
		else await routes[ctx.path]?.(ctx);
	});
	const visitor = started.client();
	await visitor.get('/write');
	return {...started, visitor, stored: () => storedData(started.sessions, visitor)};
};

onEachStore('parallel increments are atomic, and each sees another number', async (t, store, {name}) => {
	const increments = incrementsOn(name);
	const barrier = new Barrier(increments);
	const {visitor, stored} = await start(t, store, {
		async '/update'(ctx) {
			await barrier.wait();
			ctx.body = String(await ctx.session.update(increment));
		},
	});

	const answers = await Promise.all(Array.from({length: increments}, () => visitor.fork().get('/update')));
	const numbers = answers.map(({body}) => Number(body)).sort((a, b) => a - b);
	t.deepEqual(
		numbers,
		Array.from({length: increments}, (_, index) => index + 1),
	);
	t.deepEqual(await stored(), {number: increments});
});

const processes: CountingProcess[] = [];
test.after.always(() => {
	for (const process of processes) process.end();
});

for (const {name, url} of storesUnderTest) {
	if (!url) continue;
	// One after the other: so many processes at once would leave none of them time to answer.
	test.serial(`${name}: parallel increments from four processes are exact`, async t => {
		const increments = incrementsOn(name);
		while (processes.length < 4) processes.push(startCountingProcess());
		const address = await url(t);
		const ports = await Promise.all(processes.map(process => process.serve(address)));
		const visitor = new Client(ports[0] ?? 0);
		await visitor.get('/write');

		const answers = await Promise.all(
			Array.from({length: increments}, async (_, index) => {
				const client = new Client(ports[index % ports.length] ?? 0);
				for (const [name, value] of visitor.cookies) client.cookies.set(name, value);
				return client.get('/update');
			}),
		);
		t.deepEqual(new Set(answers.map(({status}) => status)), new Set([200]));
		t.is((await visitor.get('/')).body, String(increments));
	});
}

onEachStore(
	'the function may be asynchronous, and runs again on the newest state after a conflict',
	async (t, store) => {
		const gate = new Gate();
		const seen: unknown[] = [];
		const {visitor, stored} = await start(t, store, {
			async '/slow'(ctx) {
				ctx.body = await ctx.session.update(async session => {
					seen.push(session['number']);
					if (seen.length === 1) await gate.pass();
					session['slow'] = increment(session);
					return 'result';
				});
			},
			'/fast': ctx => ctx.session.update(increment),
		});

		const slow = visitor.fork().get('/slow');
		await gate.reached;
		await visitor.fork().get('/fast');
		gate.open();
		t.is((await slow).body, 'result');
		t.deepEqual(seen, [0, 1]);
		t.deepEqual(await stored(), {number: 2, slow: 2});
	},
);

onEachStore('what changes nothing still sees the newest state', async (t, store) => {
	const gate = new Gate();
	const {visitor} = await start(t, store, {
		async '/look'(ctx) {
			await gate.pass();
			ctx.body = String(await ctx.session.update(session => session['number']));
		},
		'/add': ctx => ctx.session.update(increment),
	});

	const look = visitor.fork().get('/look');
	await gate.reached;
	await visitor.fork().get('/add');
	gate.open();
	t.is((await look).body, '1');
});

onEachStore('the session shows the result; unsaved changes stay unsaved until the commit', async (t, store) => {
	const before: unknown[] = [];
	const {visitor, stored} = await start(t, store, {
		async '/update'(ctx) {
			ctx.session['mine'] = 'unsaved';
			const held: string[] = [];
			ctx.session['held'] = held;
			await ctx.session.update(increment);
			ctx.body = `${ctx.session['number']} ${ctx.session['mine']}`;
			held.push('still the same object');
			before.push(await stored());
		},
	});

	t.is((await visitor.fork().get('/update')).body, '1 unsaved');
	t.deepEqual(before, [{number: 1}]);
	t.deepEqual(await stored(), {number: 1, mine: 'unsaved', held: ['still the same object']});
});

onEachStore('objects that the route holds are still those of the session after an update', async (t, store) => {
	const {visitor, stored} = await start(t, store, {
		'/cart'(ctx) {
			ctx.session['cart'] = ['pear'];
		},
		async '/update'(ctx) {
			const cart = ctx.session['cart'] as string[];
			await ctx.session.update(increment);
			cart.push('plum');
		},
	});

	await visitor.get('/cart');
	await visitor.get('/update');
	t.deepEqual(await stored(), {number: 1, cart: ['pear', 'plum']});
});

onEachStore('a later failure drops unsaved changes and keeps the update', async (t, store) => {
	const {visitor, stored} = await start(t, store, {
		async '/update'(ctx) {
			ctx.session['mine'] = 'unsaved';
			await ctx.session.update(increment);
			ctx.throw(500);
		},
	});

	t.is((await visitor.get('/update')).status, 500);
	t.deepEqual(await stored(), {number: 1});
});

onEachStore('on a new session it stores one, and the client gets its cookie', async (t, store) => {
	const {client, sessions} = await start(t, store, {
		async '/update'(ctx) {
			ctx.session['mine'] = 'unsaved';
			await ctx.session.update(increment);
			ctx.throw(500);
		},
		async '/nothing'(ctx) {
			await ctx.session.update(() => undefined);
		},
	});
	const [first, second] = [client(), client()];

	t.is((await first.get('/update')).setCookie.length, 1);
	t.deepEqual(await storedData(sessions, first), {number: 1});

	store.calls.length = 0;
	t.deepEqual((await second.get('/nothing')).setCookie, []);
	t.deepEqual(store.calls, []);
});

onEachStore('it is refused after this request ended the session, until something is written', async (t, store) => {
	const codes: unknown[] = [];
	const attempt: Route = ctx => ctx.session.update(increment).catch(error => codes.push(error.code));
	const {visitor, client, sessions} = await start(t, store, {
		async '/destroy'(ctx) {
			await ctx.session.destroy();
			await attempt(ctx);
			ctx.session['begun'] = true;
			await attempt(ctx);
		},
		async '/null'(ctx) {
			ctx.session = null as never;
			await attempt(ctx);
		},
		async '/within'(ctx) {
			await ctx.session.update(session => {
				void ctx.session.destroy();
				increment(session);
			});
		},
	});
	const former = visitor.fork();

	await visitor.get('/destroy');
	t.deepEqual(codes, ['ERR_SESSION_DESTROYED']);
	t.deepEqual(await storedData(sessions, visitor), {number: 1, begun: true});
	t.is(await storedData(sessions, former), undefined);

	await visitor.get('/null');
	t.is(codes.length, 2);

	const other = client();
	await other.get('/write');
	t.is((await other.get('/within')).status, 409);
	t.is(await storedData(sessions, other), undefined);

	store.calls.length = 0;
	t.is((await client().get('/within')).status, 409);
	t.deepEqual(store.calls, []);
});

onEachStore('it is refused after another request ended the session', async (t, store) => {
	for (const change of [increment, () => undefined]) {
		const gate = new Gate();
		const {visitor, stored} = await start(t, store, {
			async '/update'(ctx) {
				await gate.pass();
				await ctx.session.update(change).catch(error => {
					ctx.body = error.code;
				});
			},
			'/end': ctx => ctx.session.destroy(),
		});

		const late = visitor.fork().get('/update');
		await gate.reached;
		await visitor.fork().get('/end');
		gate.open();
		t.like(await late, {status: 200, body: 'ERR_SESSION_DESTROYED', setCookie: []});
		t.is(await stored(), undefined);
	}
});

onEachStore('beside a regeneration it changes the session under its new id', async (t, store) => {
	const {visitor, sessions} = await start(t, store, {
		async '/before'(ctx) {
			await ctx.session.update(increment);
			await ctx.session.regenerate();
		},
		async '/after'(ctx) {
			await ctx.session.regenerate();
			await ctx.session.update(increment);
		},
		async '/within'(ctx) {
			let isFirst = true;
			await ctx.session.update(async session => {
				if (isFirst) await ctx.session.regenerate();
				isFirst = false;
				increment(session);
			});
		},
		'/beside': ctx => Promise.all([ctx.session.update(increment), ctx.session.regenerate(), ctx.session.save()]),
	});

	let number = 0;
	for (const path of ['/before', '/after', '/within', '/beside']) {
		const former = visitor.fork();
		t.is((await visitor.get(path)).setCookie.length, 1, path);
		t.deepEqual(await storedData(sessions, visitor), {number: ++number}, path);
		t.is(await storedData(sessions, former), undefined, path);
	}
});

onEachStore('several updates at once in one request are all exact', async (t, store) => {
	const {visitor, stored, client, sessions} = await start(t, store, {
		async '/updates'(ctx) {
			const updates = Array.from({length: 10}, () => ctx.session.update(async session => increment(session)));
			ctx.body = (await Promise.all(updates)).sort((a, b) => a - b).join();
		},
	});

	t.is((await visitor.get('/updates')).body, '1,2,3,4,5,6,7,8,9,10');
	t.deepEqual(await stored(), {number: 10});

	const newcomer = client();
	t.is((await newcomer.get('/updates')).body, '1,2,3,4,5,6,7,8,9,10');
	t.deepEqual(await storedData(sessions, newcomer), {number: 10});
});

onEachStore('an update within an update neither waits for itself nor runs forever', async (t, store) => {
	const {visitor, stored} = await start(t, store, {
		'/once': ctx =>
			ctx.session.update(async session => {
				await ctx.session.update(inner => Object.assign(inner, {inner: true}));
				increment(session);
			}),
		'/always': ctx =>
			ctx.session.update(async session => {
				await ctx.session.update(increment);
				session['never'] = true;
			}),
	});

	t.is((await visitor.get('/once')).status, 200);
	t.deepEqual(await stored(), {number: 1, inner: true});

	t.is((await visitor.get('/always')).status, 409);
	t.false('never' in ((await stored()) ?? {}));
});

onEachStore('a function that throws changes nothing, and its error is the one reported', async (t, store) => {
	const {visitor, stored} = await start(t, store, {
		async '/throw'(ctx) {
			await ctx.session.update(session => {
				increment(session);
				throw Object.assign(new Error('no'), {status: 422, expose: true});
			});
		},
	});
	store.calls.length = 0;
	t.like(await visitor.get('/throw'), {status: 422, body: 'no', setCookie: []});
	t.deepEqual(store.calls, ['read']);
	t.deepEqual(await stored(), {number: 0});
});
