import type {IncomingMessage} from 'node:http';
import test, {type ExecutionContext} from 'ava';
import type {SessionOptions, SessionsApi} from '../../source/index.ts';
import {SessionError} from '../../source/index.ts';
import type {Store} from '../../source/store.ts';
import {MemoryStore} from '../../source/stores/memory.ts';
import {handleOf} from '../../source/tokens/identifier.ts';
import {refuseUnhandledRejections} from '../helpers/events/unhandled.ts';
import {type Route, startApp} from '../helpers/http/app.ts';
import {measure} from '../helpers/order/stopwatch.ts';
import {all} from '../helpers/stores/all.ts';
import {type Operation, type WatchedStore, watch} from '../helpers/stores/watched-store.ts';

// Rule 19: a store that is down, slow or hanging.

refuseUnhandledRejections();

/** Well above the half second that an answer may take beside it, so that waiting twice shows. */
const storeTimeout = 1000;
const longest = storeTimeout + 500;

const count = (session: Record<string, unknown>): void => {
	session['views'] = Number(session['views'] ?? 0) + 1;
};

const routes: Readonly<Record<string, Route>> = {
	'/'(ctx) {
		ctx.body = JSON.stringify(ctx.session);
	},
	'/write': ctx => count(ctx.session),
	async '/save'(ctx) {
		count(ctx.session);
		await ctx.session.save();
	},
	'/update': ctx => ctx.session.update(count),
	'/regenerate': ctx => ctx.session.regenerate(),
	async '/regenerate-and-save'(ctx) {
		await ctx.session.regenerate();
		await ctx.session.save();
	},
	'/destroy': ctx => ctx.session.destroy(),
	'/null': ctx => Object.assign(ctx, {session: null}),
};

const start = async (t: ExecutionContext, options: SessionOptions = {}, kept: Store = new MemoryStore()) => {
	const store = watch(kept);
	const errors: unknown[] = [];
	const {client, sessions} = await startApp(
		t,
		{store, storeTimeout, ...options},
		async ctx => {
			ctx.body = 'done';
			await routes[ctx.path]?.(ctx);
		},
		app => app.on('error', error => errors.push(error)),
	);

	const visitor = client();
	await visitor.get('/write');
	store.calls.length = 0;
	return {store, errors, client, sessions, visitor};
};

/** Breaks one kind of call, or all of them, until `repair()`. */
const breakDown = (store: WatchedStore, broken: Operation | 'all', fault: () => Promise<unknown>): void => {
	store.around = (operation, call) => (broken === 'all' || operation === broken ? fault() : call());
};

const repair = (store: WatchedStore): void => {
	store.around = (_operation, call) => call();
	store.calls.length = 0;
};

const never = () => new Promise<never>(() => {});
const refused = async (): Promise<never> => {
	throw Object.assign(new Error('connect ECONNREFUSED'), {code: 'ECONNREFUSED'});
};

/** Which calls a request needs. A touch is due at once, where nothing else is written. */
const needs: Readonly<Record<Operation, readonly string[]>> = {
	read: Object.keys(routes),
	create: ['/regenerate', '/regenerate-and-save'],
	update: ['/write', '/save', '/update', '/regenerate', '/regenerate-and-save'],
	touch: ['/'],
	delete: ['/destroy', '/null'],
};

for (const [operation, paths] of Object.entries(needs) as [Operation, readonly string[]][]) {
	for (const [what, fault, code] of [
		['never settles', never, 'ERR_SESSION_STORE_TIMEOUT'],
		['rejects', refused, 'ERR_SESSION_STORE'],
	] as const) {
		test(`\`${operation}\` ${what}: 503 in time, with its cause, and no cookie`, async t => {
			await Promise.all(paths.map(path => fails(t, path, operation, {fault, code})));
		});
	}
}

const fails = async (
	t: ExecutionContext,
	path: string,
	operation: Operation,
	{fault, code}: {readonly fault: () => Promise<never>; readonly code: string},
): Promise<void> => {
	const {store, errors, visitor} = await start(t, {touchAfter: 0});
	breakDown(store, operation, fault);

	const {result, elapsed} = await measure(() => visitor.get(path));
	t.like(result, {status: 503, setCookie: []}, path);
	t.true(elapsed < longest, `${path} took ${elapsed} ms`);

	const [error] = errors;
	t.true(error instanceof SessionError);
	t.like(error, {code, status: 503, expose: false});
	t.true((error as SessionError).cause instanceof Error, `${path} tells no cause`);

	repair(store);
	t.is((await visitor.get('/')).status, 200, path);
};

test('a new session that cannot be stored: 503 in time, and no cookie', async t => {
	for (const fault of [never, refused]) {
		const {store, client} = await start(t);
		breakDown(store, 'create', fault);
		await Promise.all(
			['/write', '/save', '/update'].map(async path => {
				const {result, elapsed} = await measure(() => client().get(path));
				t.like(result, {status: 503, setCookie: []}, path);
				t.true(elapsed < longest, `${path} took ${elapsed} ms`);
			}),
		);
	}
});

test('the same cookie works again when the store is back, and a request that failed changed nothing', async t => {
	const {store, visitor} = await start(t);
	for (const path of ['/', '/write', '/destroy', '/regenerate']) {
		breakDown(store, 'all', refused);
		t.is((await visitor.get(path)).status, 503);
		repair(store);
		t.is((await visitor.get('/')).body, '{"views":1}', path);
	}
});

/** Keeps sessions, but whatever walks over their keys hangs. */
class HangingWalks extends MemoryStore {
	override async *bySubject(): AsyncGenerator<readonly string[], void, undefined> {
		yield await never();
	}

	override async *keys(): AsyncGenerator<readonly string[], void, undefined> {
		yield await never();
	}
}

type Outside = {
	readonly sessions: SessionsApi;
	readonly id: string;
	readonly headers: Readonly<Record<string, string>>;
};

/** What an application may ask for outside of a request. */
const calls = {
	create: [({sessions}) => sessions.create({})],
	fromRequest: [
		({sessions, headers}) =>
			sessions.fromRequest({headers, method: 'GET', url: '/', socket: {}} as unknown as IncomingMessage),
	],
	isAlive: [({sessions, id}) => sessions.isAlive({id})],
	update: [({sessions, id}) => sessions.update({id}, count)],
	updateAll: [({sessions}) => sessions.updateAll('alice', count)],
	destroy: [({sessions, id}) => sessions.destroy({id})],
	destroyAll: [({sessions}) => sessions.destroyAll(), ({sessions, id}) => sessions.destroyAll({except: id})],
	revoke: [
		({sessions}) => sessions.revoke('alice'),
		({sessions}) => sessions.revoke('alice', {keep: 1}),
		({sessions, id}) => sessions.revoke('alice', {except: id}),
		({sessions, id}) => sessions.revoke('alice', {handle: handleOf(id)}),
	],
	list: [({sessions}) => all(sessions.list('alice'))],
	all: [({sessions}) => all(sessions.all())],
	count: [({sessions}) => sessions.count(), ({sessions}) => sessions.count({subject: 'alice'})],
} satisfies Record<
	Exclude<keyof SessionsApi, 'adopt' | 'prune' | 'close'>,
	readonly ((outside: Outside) => Promise<unknown>)[]
>;

for (const [what, Kept] of [
	['walks over its keys hang too', HangingWalks],
	['walks over its keys go on', MemoryStore],
] as const) {
	test(`a session outside of a request fails in time too, be it one, all of a subject, or all: ${what}`, async t => {
		const failsInTime = async (name: string, call: (outside: Outside) => Promise<unknown>) => {
			const {store, sessions} = await start(t, {}, new Kept());
			const {id, headers} = await sessions.create({}, {subject: 'alice'});
			await sessions.create({}, {subject: 'alice'});
			breakDown(store, 'all', never);

			const code = 'ERR_SESSION_STORE_TIMEOUT';
			const {elapsed} = await measure(() => t.throwsAsync(call({sessions, id, headers}), {code}, name));
			t.true(elapsed < longest, `${name} took ${elapsed} ms`);
		};
		await Promise.all(Object.entries(calls).flatMap(([name, ways]) => ways.map(call => failsInTime(name, call))));
	});
}

test('pruning has all the time that it needs, and what fails says why', async t => {
	const fault = new Error('the disk is gone');
	const store = Object.assign(new MemoryStore(), {
		async prune() {
			await new Promise(resolve => setTimeout(resolve, 2 * storeTimeout));
			throw fault;
		},
	});
	const {sessions} = await start(t, {}, store);
	t.is((await t.throwsAsync(sessions.prune(), {code: 'ERR_SESSION_STORE'}))?.cause, fault);
});

/** What a store may answer that was written without types. */
const foreign: Readonly<Record<'read' | 'update' | 'create' | 'touch' | 'delete', readonly unknown[]>> = {
	read: [null, true, 'bytes', {}, {bytes: [1], expiresAt: 9e15, version: 'a'}, {bytes: Buffer.of(1), version: 'a'}],
	update: [null, undefined, false, true, 1, 'version', {}, {version: 1}],
	create: [null, false, true, {}],
	touch: [undefined, null, 1],
	delete: [undefined, null, 1, 'deleted'],
};

for (const [operation, answers] of Object.entries(foreign)) {
	test(`a store whose \`${operation}()\` answers what no store may is a store that fails`, async t => {
		for (const answer of answers) {
			const {store, errors, client, visitor} = await start(t, {touchAfter: 0});
			store.around = async (asked, call) => (asked === operation ? answer : call());
			const someone = operation === 'create' ? client() : visitor;
			const path = {touch: '/', delete: '/destroy'}[operation] ?? '/write';
			const {status, setCookie} = await someone.get(path);
			t.is(status, 503, String(answer));
			t.deepEqual(setCookie, []);
			const expected = `Expected \`${operation}()\` of the store to resolve with `;
			t.like(errors[0], {code: 'ERR_SESSION_STORE'});
			t.true((errors[0] as Error).message.startsWith(expected), (errors[0] as Error).message);

			store.around = (_operation, call) => call();
			t.is((await visitor.get('/')).body, '{"views":1}');
		}
	});
}
