import {randomUUID} from 'node:crypto';
import fc from 'fast-check';
import type {NewSession, OldContent, OldSession, RevokeOptions, SessionsApi} from '../../source/index.ts';
import type {Session, SessionMembers} from '../../source/session.ts';
import {startApp} from '../helpers/http/app.ts';
import {runs} from '../helpers/runs.ts';
import {onTwoStores} from '../helpers/stores/on-each-store.ts';

// Rule 28: what JavaScript lets through and the types don't is refused, by an error that names the argument.

type Fits = (value: unknown) => boolean;

/** Which values an argument's type allows, and how to call with any other. */
type Argument = readonly [fits: Fits, call: (value: never) => unknown];

type Arguments<Name extends string = string> = Readonly<Record<Name, Argument>>;

const junk = fc.oneof(
	fc.constantFrom(undefined, null, '', 0, 1, Number.NaN, true, 1n, Symbol('s'), '\ud800', 'a\udc00', 'x'.repeat(256)),
	fc.constantFrom<unknown>([], {}, ['ada'], {id: 1}, {handle: null}, {id: 'a', handle: 'b'}, new Map(), () => 'ada'),
	fc.constant(Promise.resolve('ada')),
	fc.anything(),
);

/** Calls with what the types exclude. */
const refuses = async (methods: Readonly<Record<string, Arguments>>, numRuns: number): Promise<void> => {
	const all = Object.entries(methods).flatMap(([method, list]) =>
		Object.entries(list).map(([name, [fits, call]]) => ({name: `${name} of ${method}`, fits, call})),
	);
	await fc.assert(
		fc.asyncProperty(fc.constantFrom(...all), junk, async ({name, fits, call}, value) => {
			if (fits(value)) return;
			const error: unknown = await (async () => call(value as never))().then(
				() => undefined,
				fault => fault,
			);
			if (!(error instanceof TypeError) || !error.message.includes('`')) throw new Error(`${name}: ${String(error)}`);
		}),
		{numRuns},
	);
};

const isOptional =
	(fits: Fits): Fits =>
	value =>
		value === undefined || fits(value);

const isText: Fits = value => typeof value === 'string';
const isNumber: Fits = value => typeof value === 'number';
const isBoolean: Fits = value => typeof value === 'boolean';
const isFunction: Fits = value => typeof value === 'function';

const isSubject: Fits = value =>
	typeof value === 'string' && value.length > 0 && value.length <= 255 && value.isWellFormed();

/** One that is out of range is a `RangeError`. */
const isDuration: Fits = value =>
	typeof value === 'number' || (typeof value === 'string' && /^\d+(?:\.\d+)?(?:ms|[smhdw])$/.test(value));

const isObject: Fits = value =>
	typeof value === 'object' && value !== null && !Array.isArray(value) && !('then' in value);

const isName: Fits = value => {
	if (!isObject(value)) return false;
	const {id, handle} = value as Record<string, unknown>;
	return (
		[id, handle].filter(each => typeof each === 'string').length === 1 &&
		(id ?? handle) !== undefined &&
		[id, handle].includes(undefined)
	);
};

/** All methods that take something, and all options of each. */
type ApiArguments = Readonly<Record<Exclude<keyof SessionsApi, 'all' | 'prune' | 'close'>, Arguments>> & {
	readonly create: Arguments<'data' | 'options' | keyof NewSession>;
	readonly revoke: Arguments<'subject' | 'options' | keyof RevokeOptions>;
	readonly count: Arguments<'options' | keyof NonNullable<Parameters<SessionsApi['count']>[0]>>;
	readonly destroyAll: Arguments<'options' | keyof NonNullable<Parameters<SessionsApi['destroyAll']>[0]>>;
};

onTwoStores(
	'every method of `sessions` refuses what its type excludes, and ends and shows nothing',
	async (t, store) => {
		const {sessions} = await startApp(t, {store}, () => undefined);
		const anonymous = await sessions.create({user: 'nobody'});
		const subject = randomUUID();
		const ada = await sessions.create({user: 'ada'}, {subject});
		const adoptable = {cookie: 'old', read: async () => ({data: {user: 'bob'}})};
		const change = () => t.fail();
		const methods: ApiArguments = {
			fromRequest: {
				request: [
					value => isObject((value as {headers?: unknown} | undefined)?.headers),
					value => sessions.fromRequest(value),
				],
			},
			create: {
				data: [isObject, value => sessions.create(value)],
				options: [isOptional(isObject), value => sessions.create({user: 'bob'}, value)],
				subject: [isOptional(isSubject), value => sessions.create({user: 'bob'}, {subject: value})],
				permanent: [isOptional(isBoolean), value => sessions.create({user: 'bob'}, {permanent: value})],
				idleTimeout: [isOptional(isDuration), value => sessions.create({user: 'bob'}, {idleTimeout: value})],
				absoluteTimeout: [isOptional(isDuration), value => sessions.create({user: 'bob'}, {absoluteTimeout: value})],
			},
			isAlive: {session: [isName, value => sessions.isAlive(value)]},
			adopt: {ctx: [() => false, value => sessions.adopt(value, adoptable)]},
			list: {subject: [isSubject, value => sessions.list(value)[Symbol.asyncIterator]().next()]},
			count: {
				options: [isOptional(isObject), value => sessions.count(value)],
				subject: [isSubject, value => sessions.count({subject: value})],
			},
			update: {
				session: [isName, value => sessions.update(value, change)],
				fn: [isFunction, value => sessions.update({id: ada.id}, value)],
			},
			updateAll: {
				subject: [isSubject, value => sessions.updateAll(value, change)],
				fn: [isFunction, value => sessions.updateAll(subject, value)],
			},
			revoke: {
				subject: [isSubject, value => sessions.revoke(value)],
				options: [
					isOptional(value => isObject(value) && !('handle' in (value as object))),
					value => sessions.revoke('bob', value),
				],
				handle: [isText, value => sessions.revoke('ada', {handle: value})],
				except: [isOptional(isText), value => sessions.revoke('bob', {except: value})],
				keep: [isNumber, value => sessions.revoke('bob', {keep: value})],
			},
			destroy: {session: [isName, value => sessions.destroy(value)]},
			destroyAll: {
				options: [isOptional(isObject), value => sessions.destroyAll(value)],
				except: [isOptional(isText), value => sessions.destroyAll({except: value})],
			},
		};

		await refuses(methods, runs(1000, 20_000));
		t.true(await sessions.isAlive(anonymous));
		t.true(await sessions.isAlive(ada));
		t.is(await sessions.revoke(subject), 1);
	},
);

/** All members that can be called or assigned. */
type MemberArguments = Readonly<
	Record<
		Exclude<keyof SessionMembers, 'id' | 'handle' | 'isNew' | 'isBound' | 'createdAt' | 'lastSeenAt' | 'expiresAt'>,
		Arguments
	>
>;

const argumentsOf = (session: Session<Record<string, unknown>>): MemberArguments => ({
	permanent: {value: [isBoolean, value => Object.assign(session, {permanent: value})]},
	subject: {value: [isOptional(isSubject), value => Object.assign(session, {subject: value})]},
	idleTimeout: {value: [isOptional(isDuration), value => Object.assign(session, {idleTimeout: value})]},
	absoluteTimeout: {value: [isOptional(isDuration), value => Object.assign(session, {absoluteTimeout: value})]},
	regenerate: {
		options: [isOptional(value => isObject(value) || isFunction(value)), value => session.regenerate(value)],
		keep: [
			isOptional(value => isBoolean(value) || (Array.isArray(value) && value.every(isText))),
			value => session.regenerate({keep: value}),
		],
		restart: [isOptional(isBoolean), value => session.regenerate({restart: value})],
	},
	flash: {
		kind: [isText, value => session.flash(value, 'hello')],
		message: [value => value !== undefined, value => session.flash('info', value)],
	},
	flashes: {kind: [isText, value => session.flashes(value)]},
	save: {callback: [isOptional(isFunction), value => session.save(value)]},
	update: {fn: [isFunction, value => session.update(value)]},
	destroy: {callback: [isOptional(isFunction), value => session.destroy(value)]},
});

onTwoStores('every member of `ctx.session` refuses what its type excludes', async (t, store) => {
	const {client} = await startApp(t, {store}, async ctx => {
		if (ctx.path === '/login') {
			ctx.session['user'] = 'ada';
			return;
		}

		await refuses(argumentsOf(ctx.session as Session<Record<string, unknown>>), runs(500, 20_000));
		ctx.body = JSON.stringify(ctx.session);
	});
	const visitor = client();
	await visitor.get('/login');
	t.is((await visitor.get('/')).body, '{"user":"ada"}');
});

onTwoStores('`adopt()` refuses what its type excludes, and stores nothing', async (t, store) => {
	const user = {data: {user: 'bob'}};
	const old: OldSession = {cookie: 'old', read: async () => user};
	const app = await startApp(t, {store}, async ctx => {
		const adopt = (part: Partial<Record<keyof OldSession, unknown>>) =>
			app.sessions.adopt(ctx, {...old, ...part} as OldSession);
		const answer = (content: unknown) => adopt({read: async () => content});
		const content: Arguments<keyof OldContent> = {
			data: [isObject, value => answer({data: value})],
			subject: [isOptional(isSubject), value => answer({...user, subject: value})],
			permanent: [isOptional(isBoolean), value => answer({...user, permanent: value})],
			idleTimeout: [isOptional(isDuration), value => answer({...user, idleTimeout: value})],
			absoluteTimeout: [isOptional(isDuration), value => answer({...user, absoluteTimeout: value})],
		};
		const parts: Arguments<keyof OldSession> = {
			cookie: [isText, value => adopt({cookie: value})],
			secret: [isOptional(isText), value => adopt({secret: value})],
			read: [isFunction, value => adopt({read: value})],
			end: [isOptional(isFunction), value => adopt({end: value})],
		};
		const whole: Arguments = {
			'the session': [() => false, value => app.sessions.adopt(ctx, value)],
			'what was read': [value => value === null || isOptional(isObject)(value), answer],
		};
		await refuses({adopt: whole, 'the old session': parts, 'what was read': content}, runs(500, 10_000));
		ctx.body = 'done';
	});
	t.is((await app.client().get('/')).body, 'done');
	t.deepEqual(
		store.calls.filter(call => call === 'create'),
		[],
	);
});
