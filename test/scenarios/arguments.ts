import {randomUUID} from 'node:crypto';
import test from 'ava';
import fc from 'fast-check';
import type {OldSession} from '../../source/index.ts';
import type {Session} from '../../source/session.ts';
import {MemoryStore} from '../../source/stores/memory.ts';
import {startApp} from '../helpers/http/app.ts';
import {runs} from '../helpers/runs.ts';
import {onTwoStores} from '../helpers/stores/on-each-store.ts';

// Rule 28: what JavaScript lets through and the types don't is refused, by an error that names the argument.

const junk = fc.oneof(
	fc.constantFrom(undefined, null, '', 0, 1, Number.NaN, true, 1n, Symbol('s'), '\ud800', 'a\udc00', 'x'.repeat(256)),
	fc.constantFrom<unknown>([], {}, ['ada'], {id: 1}, {handle: null}, {id: 'a', handle: 'b'}, new Map(), () => 'ada'),
	fc.constant(Promise.resolve('ada')),
	fc.anything(),
);

const isSubject = (value: unknown): boolean =>
	typeof value === 'string' && value.length > 0 && value.length <= 255 && value.isWellFormed();

const isObject = (value: unknown): boolean =>
	typeof value === 'object' && value !== null && !Array.isArray(value) && !('then' in value);

const isName = (value: unknown): boolean => {
	if (!isObject(value)) return false;
	const {id, handle} = value as Record<string, unknown>;
	return (
		[id, handle].filter(each => typeof each === 'string').length === 1 &&
		(id ?? handle) !== undefined &&
		[id, handle].includes(undefined)
	);
};

onTwoStores(
	'every method of `sessions` refuses what its type excludes, and ends and shows nothing',
	async (t, store) => {
		const {sessions} = await startApp(t, {store}, () => undefined);
		const anonymous = await sessions.create({user: 'nobody'});
		const subject = randomUUID();
		const ada = await sessions.create({user: 'ada'}, {subject});
		const adoptable = {cookie: 'old', read: async () => ({data: {user: 'bob'}})};
		const call: Readonly<Record<string, readonly [fits: (value: unknown) => boolean, (value: never) => unknown]>> = {
			list: [isSubject, value => sessions.list(value)[Symbol.asyncIterator]().next()],
			revoke: [isSubject, value => sessions.revoke(value)],
			'revoke by handle': [value => typeof value === 'string', value => sessions.revoke('ada', {handle: value})],
			'revoke except': [
				value => value === undefined || typeof value === 'string',
				value => sessions.revoke('bob', {except: value}),
			],
			destroy: [isName, value => sessions.destroy(value)],
			isAlive: [isName, value => sessions.isAlive(value)],
			create: [value => isObject(value), value => sessions.create(value)],
			'create for': [
				value => value === undefined || isSubject(value),
				value => sessions.create({user: 'bob'}, {subject: value}),
			],
			'revoke with options': [
				value => value === undefined || (isObject(value) && !('handle' in (value as object))),
				value => sessions.revoke('bob', value),
			],
			'create with options': [
				value => value === undefined || isObject(value),
				value => sessions.create({user: 'bob'}, value),
			],
			'create permanent': [
				value => value === undefined || typeof value === 'boolean',
				value => sessions.create({user: 'bob'}, {permanent: value}),
			],
			'adopt in': [() => false, value => sessions.adopt(value, adoptable)],
			fromRequest: [
				value => isObject((value as {headers?: unknown} | undefined)?.headers),
				value => sessions.fromRequest(value),
			],
		};

		await fc.assert(
			fc.asyncProperty(fc.constantFrom(...Object.keys(call)), junk, async (name, value) => {
				const [fits, work] = call[name] ?? [];
				if (!fits || !work || fits(value)) return;
				const error: unknown = await (async () => work(value as never))().then(
					() => undefined,
					fault => fault,
				);
				if (!(error instanceof TypeError) || !error.message.includes('`')) throw new Error(`${name}: ${String(error)}`);
			}),
			{numRuns: runs(500, 20_000)},
		);
		t.true(await sessions.isAlive(anonymous));
		t.true(await sessions.isAlive(ada));
		t.is(await sessions.revoke(subject), 1);
	},
);

onTwoStores('every method of `ctx.session` refuses what its type excludes', async (t, store) => {
	const excluded: Readonly<
		Record<
			string,
			readonly [fits: (value: unknown) => boolean, (session: Session<Record<string, unknown>>, value: never) => unknown]
		>
	> = {
		subject: [
			value => value === undefined || isSubject(value),
			(session, value) => Object.assign(session, {subject: value}),
		],
		permanent: [value => typeof value === 'boolean', (session, value) => Object.assign(session, {permanent: value})],
		regenerate: [
			value => value === undefined || isObject(value) || typeof value === 'function',
			(session, value) => session.regenerate(value),
		],
		'regenerate to keep': [
			value =>
				value === undefined ||
				typeof value === 'boolean' ||
				(Array.isArray(value) && value.every(name => typeof name === 'string')),
			(session, value) => session.regenerate({keep: value}),
		],
		flash: [value => typeof value === 'string', (session, value) => session.flash(value, 'hello')],
		flashes: [value => typeof value === 'string', (session, value) => session.flashes(value)],
		save: [value => value === undefined || typeof value === 'function', (session, value) => session.save(value)],
		destroy: [value => value === undefined || typeof value === 'function', (session, value) => session.destroy(value)],
		update: [value => typeof value === 'function', (session, value) => session.update(value)],
		'flash of': [value => value !== undefined, (session, value) => session.flash('info', value)],
	};
	const {client} = await startApp(t, {store}, async ctx => {
		if (ctx.path === '/login') {
			ctx.session['user'] = 'ada';
			return;
		}

		const session = ctx.session as Session<Record<string, unknown>>;
		await fc.assert(
			fc.asyncProperty(fc.constantFrom(...Object.keys(excluded)), junk, async (name, value) => {
				const [fits, work] = excluded[name] ?? [];
				if (!fits || !work || fits(value)) return;
				const error: unknown = await (async () => work(session, value as never))().then(
					() => undefined,
					fault => fault,
				);
				if (!(error instanceof TypeError) || !error.message.includes('`')) throw new Error(`${name}: ${String(error)}`);
			}),
			{numRuns: runs(500, 20_000)},
		);
		ctx.body = JSON.stringify(ctx.session);
	});
	const visitor = client();
	await visitor.get('/login');
	t.is((await visitor.get('/')).body, '{"user":"ada"}');
});

onTwoStores('`adopt()` refuses what its type excludes, and stores nothing', async (t, store) => {
	const old = {cookie: 'old', read: async () => ({data: {user: 'bob'}})};
	const answers = (content: unknown) => ({...old, read: async () => content as never});
	const isOptional = (fits: (value: unknown) => boolean) => (value: unknown) => value === undefined || fits(value);
	const parts: Readonly<Record<string, readonly [fits: (value: unknown) => boolean, (value: never) => OldSession]>> = {
		old: [() => false, value => value],
		cookie: [value => typeof value === 'string', value => ({...old, cookie: value})],
		secret: [isOptional(value => typeof value === 'string'), value => ({...old, secret: value})],
		read: [value => typeof value === 'function', value => ({...old, read: value})],
		end: [isOptional(value => typeof value === 'function'), value => ({...old, end: value})],
		content: [value => value === null || value === undefined || isObject(value), value => answers(value)],
		data: [isObject, value => answers({data: value})],
		subject: [isOptional(isSubject), value => answers({data: {user: 'bob'}, subject: value})],
		permanent: [isOptional(value => typeof value === 'boolean'), value => answers({data: {}, permanent: value})],
	};
	const app = await startApp(t, {store}, async ctx => {
		await fc.assert(
			fc.asyncProperty(fc.constantFrom(...Object.keys(parts)), junk, async (name, value) => {
				const [fits, make] = parts[name] ?? [];
				if (!fits || !make || fits(value)) return;
				const error: unknown = await app.sessions.adopt(ctx, make(value as never)).then(
					() => undefined,
					fault => fault,
				);
				if (!(error instanceof TypeError) || !/`|plain object/.test(error.message))
					throw new Error(`${name}: ${String(error)}`);
			}),
			{numRuns: runs(300, 10_000)},
		);
		ctx.body = 'done';
	});
	t.is((await app.client().get('/')).body, 'done');
	t.deepEqual(
		store.calls.filter(call => call === 'create'),
		[],
	);
});

onTwoStores(
	'the callback forms of express-session call back once, after the work, and with the fault',
	async (t, store) => {
		const calls: unknown[] = [];
		const {client} = await startApp(t, {store}, async ctx => {
			const act = ctx.path.slice(1) as 'save' | 'regenerate' | 'destroy';
			if (ctx.path === '/login') ctx.session['user'] = 'ada';
			else {
				if (act === 'save') ctx.session['user'] = 'eve';
				ctx.body = await new Promise(resolve =>
					ctx.session[act](error => {
						calls.push(error);
						resolve(String(error));
					}),
				);
			}
		});
		for (const act of ['save', 'regenerate', 'destroy']) {
			const visitor = client();
			await visitor.get('/login');
			t.is((await visitor.get(`/${act}`)).body, 'undefined', act);
		}

		const visitor = client();
		await visitor.get('/login');
		store.around = async (operation, call) => {
			if (operation !== 'read') throw new Error('down');
			return call();
		};
		for (const act of ['save', 'destroy']) {
			calls.length = 0;
			t.is((await visitor.get(`/${act}`)).status, 503);
			t.like(calls, [{code: 'ERR_SESSION_STORE'}], act);
			t.is(calls.length, 1);
		}
	},
);

test('what express-session has and we have not throws at once, so that nobody waits for a callback', async t => {
	const {client, sessions} = await startApp(t, {store: new MemoryStore()}, async ctx => {
		for (const name of ['reload', 'touch', 'resetMaxAge']) {
			t.throws(() => (ctx.session[name] as (callback: () => void) => void)(() => t.fail()), {instanceOf: TypeError});
		}

		ctx.session['reload'] = 'data';
		await ctx.session.update(
			draft => new Promise<void>(resolve => draft.destroy(error => resolve(t.truthy(error) as never))),
		);
		ctx.body = JSON.stringify(ctx.session);
	});
	t.is((await client().get('/')).body, '{"reload":"data"}');

	const {header: cookie} = await sessions.create({a: 1});
	const found = await sessions.fromRequest({headers: {cookie}, method: 'GET', url: '/', socket: {}} as never);
	for (const act of ['save', 'regenerate', 'destroy'] as const) {
		const error = await new Promise(resolve => found?.[act](resolve as never));
		t.like(error, {code: 'ERR_SESSION_READ_ONLY'}, act);
	}
});
