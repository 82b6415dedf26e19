import {randomUUID} from 'node:crypto';
import http from 'node:http';
import test from 'ava';
import type {Context, Next} from 'koa';
import {type RecordedEvent, recordEvents} from '../helpers/events/record-events.ts';
import {type Route, startApp} from '../helpers/http/app.ts';
import {Gate} from '../helpers/order/barrier.ts';
import {all} from '../helpers/stores/all.ts';
import {onTwoStores} from '../helpers/stores/on-each-store.ts';
import {holdNext, type Operation, type WatchedStore} from '../helpers/stores/watched-store.ts';

// Rules 17 and 25, when the headers leave while the store is at work: nobody will learn the id that it stores.

/** Middleware in front that answers as soon as the store has done something, while the session still waits for it. */
const hasty = (store: WatchedStore, awaited: Operation) => {
	const [isDone, hasLeft, isOver] = [new Gate(), new Gate(), new Gate()];
	const serve = async (ctx: Context, next: Next) => {
		if (!ctx.path.startsWith('/hasty')) return next();

		store.around = async (operation, call) => {
			const answer = await call();
			if (operation !== awaited) return answer;

			store.around = (_operation, other) => other();
			isDone.open();
			await hasLeft.pass();
			return answer;
		};
		const work = next();
		await isDone.pass();
		ctx.respond = false;
		ctx.res.end('too slow');
		hasLeft.open();
		await work.catch(() => undefined);
		isOver.open();
	};
	return {serve, isOver};
};

const routeFor =
	(subject: string): Route =>
	async ctx => {
		const {session} = ctx;
		const [, , , how] = ctx.path.split('/');
		if (ctx.path.includes('/login')) {
			if (how !== 'new') await session.regenerate();
			session.subject = subject;
			session['user'] = 'ada';
		}

		if (how === 'save') await session.save();
		if (how === 'update')
			await session.update(data => {
				data['views'] = 1;
			});
		if (how === 'fail') ctx.throw(500);
		if (!ctx.path.startsWith('/hasty')) ctx.body = String(session['user']);
	};

const reports = (events: readonly RecordedEvent[]) =>
	events.flatMap(({name, payload}) =>
		name === 'lost' || name === 'late-write' ? [{name, ...(payload as object)}] : [],
	);

for (const how of ['new', 'save', 'update']) {
	onTwoStores(
		`a session is created while the headers leave, by ${how === 'new' ? 'the commit' : `\`${how}()\``}, and isn't kept`,
		async (t, store) => {
			const subject = randomUUID();
			const {serve, isOver} = hasty(store, 'create');
			const {client, sessions} = await startApp(t, {store}, routeFor(subject), app => app.use(serve));
			const events = recordEvents(t);
			t.like(await client().get(`/hasty/login/${how}`), {body: 'too slow', setCookie: []});
			await isOver.pass();
			t.deepEqual(await all(sessions.list(subject)), []);
			t.deepEqual(reports(events), [
				{name: 'late-write', session: '', path: `/hasty/login/${how}`},
				{name: 'lost', session: '', reason: 'undeliverable'},
			]);
		},
		test.serial,
	);
}

for (const how of ['commit', 'save', 'update', 'fail']) {
	onTwoStores(
		`a session gets a new id while the headers leave, by \`${how}\`, and ends`,
		async (t, store) => {
			const subject = randomUUID();
			const {serve, isOver} = hasty(store, 'update');
			const {client, sessions} = await startApp(t, {store}, routeFor(subject), app => app.use(serve));
			const visitor = client();
			await visitor.get('/login');
			const [{handle} = {handle: ''}] = await all(sessions.list(subject));
			const events = recordEvents(t);
			t.like(await visitor.get(`/hasty/login/${how}`), {body: 'too slow', setCookie: []});
			await isOver.pass();
			t.deepEqual(await all(sessions.list(subject)), []);
			t.is((await visitor.get('/')).body, 'undefined');
			const [late, ...lost] = reports(events) as [{session: string}, ...object[]];
			t.like(late, {name: 'late-write', path: `/hasty/login/${how}`});
			t.not(late.session, handle.slice(0, 8), 'named by its new id');
			t.like(lost[0], {name: 'lost', session: late.session, reason: 'undeliverable'});
			t.is(lost.length, 1);
		},
		test.serial,
	);
}

onTwoStores(
	'a client that goes before its old id is dead keeps its session',
	async (t, store) => {
		const subject = randomUUID();
		const [gone, isOver] = [new Gate(), new Gate()];
		const {client, sessions, port} = await startApp(t, {store}, routeFor(subject), app =>
			app.use(async (ctx, next) => {
				if (ctx.path !== '/login/again') return next();
				ctx.res.once('close', () => gone.open());
				await next();
				isOver.open();
			}),
		);
		const visitor = client();
		await visitor.get('/login');
		const creating = holdNext(store, 'create');
		const events = recordEvents(t);
		const request = http.get({port, path: '/login/again', headers: {cookie: visitor.cookie}, agent: false});
		request.on('error', () => undefined);
		await creating.reached;
		request.destroy();
		await gone.pass();
		creating.open();
		await isOver.pass();
		t.deepEqual(
			reports(events).map(({name}) => name),
			['lost'],
		);
		t.is((await visitor.get('/')).body, 'ada');
		t.is((await all(sessions.list(subject))).length, 1);
	},
	test.serial,
);

onTwoStores(
	"an old session without a secret that moves while the headers leave isn't kept, and stays where it was",
	async (t, store) => {
		const subject = randomUUID();
		const {serve, isOver} = hasty(store, 'create');
		const left = new Map([['old', {user: 'ada'}]]);
		const adoptions: unknown[] = [];
		const {client, sessions} = await startApp(
			t,
			{store},
			async ctx => {
				const adoption = sessions.adopt(ctx, {
					cookie: 'old',
					async read() {
						const data = left.get('old');
						return data && {data, subject};
					},
					async end() {
						left.delete('old');
					},
				});
				adoptions.push(await adoption);
			},
			app => app.use(serve),
		);
		t.is((await client().get('/hasty')).body, 'too slow');
		await isOver.pass();
		t.deepEqual(adoptions, ['refused']);
		t.deepEqual(await all(sessions.list(subject)), []);
		t.true(left.has('old'));
	},
	test.serial,
);
