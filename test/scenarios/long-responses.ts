import type {IncomingMessage} from 'node:http';
import {PassThrough} from 'node:stream';
import test, {type ExecutionContext} from 'ava';
import {observe} from '../../source/index.ts';
import type {Store} from '../../source/store.ts';
import {startApp, type TestContext} from '../helpers/http/app.ts';
import {Gate} from '../helpers/order/barrier.ts';
import {fakeClock} from '../helpers/stores/conforms.ts';
import {onTwoStores} from '../helpers/stores/on-each-store.ts';

// Rules 14 and 25: a response that goes on for long says what it knew when it began. In the meantime other requests extend the
// session. The clock is faked, so these scenarios run one after the other.

const minute = 60_000;

const inTurn = (title: string, run: Parameters<typeof onTwoStores>[1]): void => onTwoStores(title, run, test.serial);

/** How a route keeps its response open, and when it is done with its session. */
const ways: Readonly<Record<string, (ctx: TestContext, gate: Gate) => Promise<void>>> = {
	'answers on its own': async (ctx, gate) => {
		ctx.respond = false;
		ctx.res.writeHead(200);
		ctx.res.write('begun');
		await gate.pass();
		ctx.res.end('done');
	},
	'sends its headers early': async (ctx, gate) => {
		ctx.status = 200;
		ctx.flushHeaders();
		await gate.pass();
		ctx.body = 'done';
	},
	'changes its session early': async (ctx, gate) => {
		ctx.status = 200;
		ctx.flushHeaders();
		ctx.session['long'] = true;
		await gate.pass();
		ctx.body = 'done';
	},
	'changes its session late': async (ctx, gate) => {
		ctx.status = 200;
		ctx.flushHeaders();
		await gate.pass();
		ctx.session['long'] = true;
		ctx.body = 'done';
	},
	'updates its session late': async (ctx, gate) => {
		ctx.status = 200;
		ctx.flushHeaders();
		await gate.pass();
		await ctx.session.update(session => Object.assign(session, {long: true}));
		ctx.body = 'done';
	},
};

const start = async (t: ExecutionContext, store: Store, route: (ctx: TestContext, gate: Gate) => Promise<void>) => {
	const clock = fakeClock(t);
	const gate = new Gate();
	const over = Promise.withResolvers<void>();
	const {client, sessions} = await startApp(
		t,
		{store, idleTimeout: '30m'},
		async ctx => {
			if (ctx.path === '/login') ctx.session['user'] = 'ada';
			if (ctx.path === '/write') ctx.session['views'] = Number(ctx.session['views'] ?? 0) + 1;
			if (ctx.path === '/long') return route(ctx, gate);
			ctx.body = JSON.stringify({...ctx.session, ends: ctx.session.expiresAt.getTime() - clock.now()});
		},
		app =>
			app.use(async (ctx, next) => {
				await next();
				if (ctx.path === '/long') over.resolve();
			}),
	);
	const visitor = client();
	await visitor.get('/login');
	const see = async (path = '/') => JSON.parse((await visitor.get(path)).body);
	return {clock, gate, over: over.promise, visitor, see, sessions};
};

for (const [way, route] of Object.entries(ways)) {
	for (const path of ['/', '/write']) {
		inTurn(`a response that ${way} takes no time from a session that ${path} has extended`, async (t, store) => {
			const {clock, gate, over, visitor, see} = await start(t, store, route);
			await clock.advance(5 * minute);
			const long = visitor.fork().get('/long');
			await gate.reached;
			await clock.advance(15 * minute);
			await see(path);
			await clock.advance(20 * minute);
			await see(path);
			await clock.advance(5 * minute);
			gate.open();
			await Promise.all([over, long]);

			const left = await see();
			t.is(left.user, 'ada');
			t.true(left.ends >= 25 * minute, `${left.ends / minute} minutes are left`);
			if (way.includes('session')) t.true(left.long);
		});
	}
}

inTurn('a change while a stream is sent takes no time from the session', async (t, store) => {
	const stream = new PassThrough();
	const {clock, gate, visitor, see} = await start(t, store, async (ctx, gate) => {
		ctx.body = stream;
		stream.write('begun');
		void gate.pass().then(() => {
			ctx.session['long'] = true;
			stream.end('done');
		});
	});
	const long = visitor.fork().get('/long');
	await gate.reached;
	for (let step = 0; step < 3; step++) {
		await clock.advance(20 * minute);
		await see();
	}
	await clock.advance(10 * minute);
	const written = Promise.withResolvers<void>();
	t.teardown(observe('late-write', () => written.resolve()));
	gate.open();
	await Promise.all([long, written.promise]);

	const left = await see();
	t.like(left, {user: 'ada', long: true});
	t.true(left.ends >= 20 * minute, `${left.ends / minute} minutes are left`);
});

for (const [way, route] of Object.entries(ways)) {
	inTurn(
		`alone, a response that ${way} extends the session as its headers leave, as far as they say`,
		async (t, store) => {
			const {clock, gate, over, visitor, sessions} = await start(t, store, route);
			const ends = async () => {
				const request = {headers: {cookie: visitor.cookie}, method: 'GET', url: '/', socket: {}};
				return (await sessions.fromRequest(request as unknown as IncomingMessage))?.expiresAt.getTime();
			};
			await clock.advance(29 * minute);
			const said = clock.now() + 30 * minute;
			const touched = new Promise<void>(resolve => t.teardown(observe('update', () => resolve())));
			const long = visitor.get('/long');
			await gate.reached;
			await touched;
			await clock.advance(20 * minute);
			t.is(await ends(), said, 'before it is over');
			gate.open();
			const {setCookie} = await long;
			await over;
			t.regex(setCookie[0] ?? '', /Max-Age=1800/);
			t.is(await ends(), said, 'and afterwards');
		},
	);
}

for (const permanent of [true, false]) {
	for (const saves of [false, true]) {
		inTurn(
			`headers that leave late say no less than others have extended, permanent: ${permanent}, ${saves ? 'after a `save()`' : 'at first'}`,
			async (t, store) => {
				const clock = fakeClock(t);
				const [begun, head] = [new Gate(), new Gate()];
				const {client, sessions} = await startApp(t, {store, idleTimeout: '30m', permanent}, async ctx => {
					if (ctx.path === '/login') ctx.session['user'] = 'ada';
					ctx.body = String(ctx.session['user']);
					if (ctx.path !== '/late') return;
					if (saves) await ctx.session.save();
					begun.open();
					await head.pass();
					ctx.respond = false;
					ctx.res.writeHead(200);
					ctx.res.end('ada');
				});
				const visitor = client();
				await visitor.get('/login');
				await clock.advance(5 * minute);
				const late = visitor.fork();
				const answer = late.get('/late');
				await begun.pass();
				await clock.advance(15 * minute);
				await visitor.get('/');
				await clock.advance(5 * minute);
				const written = new Promise<void>(resolve => {
					t.teardown(observe('update', () => resolve()));
					t.teardown(observe('conflict', () => resolve()));
				});
				head.open();
				const {setCookie} = await answer;
				await written;
				if (permanent) t.regex(setCookie[0] ?? '', /Max-Age=1800/, 'as of now');
				const request = {headers: {cookie: visitor.cookie}, method: 'GET', url: '/', socket: {}};
				const session = await sessions.fromRequest(request as unknown as IncomingMessage);
				t.true((session?.expiresAt.getTime() ?? 0) >= clock.now() + 25 * minute);
			},
		);
	}
}

inTurn('headers that extend the session do so beside a write that extends nothing', async (t, store) => {
	const [begun, head] = [new Gate(), new Gate()];
	const {clock, gate, over, visitor, sessions} = await start(t, store, async (ctx, gate) => {
		begun.open();
		await head.pass();
		await (ways['answers on its own'] ?? t.fail())(ctx, gate);
	});
	await clock.advance(20 * minute);
	const long = visitor.get('/long');
	await begun.pass();
	const request = {headers: {cookie: visitor.cookie}, method: 'GET', url: '/', socket: {}};
	const look = () => sessions.fromRequest(request as unknown as IncomingMessage);
	const id = (await look())?.id ?? '';
	t.true(await sessions.update({id}, session => Object.assign(session, {outside: true})));
	const updated = new Promise<void>(resolve => t.teardown(observe('update', () => resolve())));
	head.open();
	await gate.reached;
	await updated;
	await clock.advance(20 * minute);
	t.like(await look(), {user: 'ada', outside: true});
	gate.open();
	await Promise.all([long, over]);
	t.like(await look(), {user: 'ada', outside: true});
});
