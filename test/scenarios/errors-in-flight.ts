import test from 'ava';
import {MemoryStore} from '../../source/stores/memory.ts';
import {refuseUnhandledRejections} from '../helpers/events/unhandled.ts';
import {type Route, startApp} from '../helpers/http/app.ts';
import {watch} from '../helpers/stores/watched-store.ts';

// Rule 20: an application's error in flight is never replaced by one of the store, whatever the session was about to do.

refuseUnhandledRejections();

const storeTimeout = 100;

/** What a route does with its session before it fails. */
const works: Readonly<Record<string, Route>> = {
	write(ctx) {
		ctx.session['written'] = true;
	},
	regenerate: ctx => ctx.session.regenerate(),
	end: ctx => Object.assign(ctx, {session: null}),
	'end, then begin another one'(ctx) {
		Object.assign(ctx, {session: null});
		ctx.session['written'] = true;
	},
	'destroy without waiting': ctx => void ctx.session.destroy(),
	'save without waiting'(ctx) {
		ctx.session['written'] = true;
		void ctx.session.save();
	},
	'save, and go on if it fails': async ctx => {
		ctx.session['written'] = true;
		await ctx.session.save().catch(() => undefined);
	},
	'destroy, and go on if it fails': ctx => ctx.session.destroy().catch(() => undefined),
	'regenerate, save, and go on if it fails': async ctx => {
		await ctx.session.regenerate();
		await ctx.session.save().catch(() => undefined);
	},
	'update, and go on if it fails': ctx =>
		ctx.session.update(session => Object.assign(session, {written: true})).catch(() => undefined),
};

/** How it fails, and what the client must see. */
const failures: Readonly<Record<string, {readonly fail: Route; readonly status: number; readonly body: string}>> = {
	'418': {fail: ctx => ctx.throw(418, 'mine', {expose: true}), status: 418, body: 'mine'},
	'500': {fail: ctx => ctx.throw(500, 'mine', {expose: true}), status: 500, body: 'mine'},
	'a missing file': {
		fail() {
			throw Object.assign(new Error('mine'), {code: 'ENOENT', expose: true});
		},
		status: 500,
		body: 'mine',
	},
	'a text': {
		fail() {
			throw 'mine';
		},
		status: 500,
		body: 'Internal Server Error',
	},
	'an answer of its own': {
		fail(ctx) {
			ctx.status = 502;
			ctx.body = 'mine';
		},
		status: 502,
		body: 'mine',
	},
};

const faults: Readonly<Record<string, () => Promise<unknown>>> = {
	'never answers': () => new Promise(() => {}),
	fails: async () => {
		throw new Error('the disk is full');
	},
};

for (const [fault, breakDown] of Object.entries(faults)) {
	for (const [failure, {fail, status, body}] of Object.entries(failures)) {
		test(`the store ${fault} while the application fails by ${failure}`, async t => {
			const store = watch(new MemoryStore());
			const {client} = await startApp(t, {store, storeTimeout}, async ctx => {
				const work = works[decodeURIComponent(ctx.path.slice(1))];
				if (work) {
					await work(ctx);
					await fail(ctx);
				} else {
					ctx.session['begun'] = true;
				}
			});

			const visitors = Object.keys(works).flatMap(name => [
				{name, visitor: client(), isNew: true},
				{name, visitor: client(), isNew: false},
			]);
			for (const {visitor, isNew} of visitors) if (!isNew) await visitor.get('/');

			store.around = (operation, call) => (operation === 'read' ? call() : breakDown());
			await Promise.all(
				visitors.map(async ({name, visitor, isNew}) => {
					const answer = await visitor.get(`/${encodeURIComponent(name)}`);
					const what = `${name}, ${isNew ? 'without a session' : 'with a session'}`;
					t.is(answer.status, status, what);
					t.is(answer.body, body, what);
					t.deepEqual(answer.setCookie, [], what);
				}),
			);
		});
	}
}

test('what the route ends or regenerates after a fault that it survived is still done, though it fails', async t => {
	const store = watch(new MemoryStore());
	const {client} = await startApp(t, {store, storeTimeout}, async ctx => {
		ctx.body = JSON.stringify(ctx.session);
		if (ctx.path === '/write') ctx.session['written'] = true;
		if (ctx.path !== '/end' && ctx.path !== '/regenerate') return;

		store.around = async () => {
			throw new Error('read ECONNRESET');
		};
		await ctx.session.update(session => Object.assign(session, {lost: true})).catch(() => undefined);
		store.around = (_operation, call) => call();
		if (ctx.path === '/end') Object.assign(ctx, {session: null});
		else await ctx.session.regenerate();
		ctx.throw(500);
	});

	for (const path of ['/end', '/regenerate']) {
		const visitor = client();
		await visitor.get('/write');
		const former = visitor.fork();
		t.like(await visitor.get(path), {status: 500}, path);
		t.is((await former.get('/')).body, '{}', path);
		t.is((await visitor.get('/')).body, path === '/end' ? '{}' : '{"written":true}');
	}
});
