import {createHash} from 'node:crypto';
import test, {type ExecutionContext} from 'ava';
import type {SessionMiddleware, SessionOptions} from '../../source/index.ts';
import {listenToAll} from '../helpers/events/listen-to-all.ts';
import {type Client, type Route, startApp} from '../helpers/http/app.ts';
import {makeToken} from '../helpers/http/tokens.ts';
import {onEachStore} from '../helpers/stores/on-each-store.ts';
import {holdNext, type WatchedStore} from '../helpers/stores/watched-store.ts';

// Rule 21. All that a session's life can make anyone say is gathered, and searched for what is secret.

const data = '5up3rs3cr3t';
const subject = 'ada.lovelace@example.org';
const maxBytes = 2000;

class Account {
	name = data;
}

/** What a path does to the session, most of it wrong. */
const acts: Readonly<Record<string, Route>> = {
	'/login': async ({session}) => {
		await session.regenerate();
		Object.assign(session, {user: data, subject});
	},
	'/write': ctx => void Object.assign(ctx.session, {[`written${ctx.query['n']}`]: data}),
	'/update': ctx => ctx.session.update(session => Object.assign(session, {updated: data})),
	'/regenerate': ctx => ctx.session.regenerate({keep: ['user']}),
	'/destroy': ctx => ctx.session.destroy(),
	'/forbidden': ctx => ctx.throw(403, 'forbidden', {user: undefined}),
	'/broken'(ctx) {
		ctx.session['user'] = data;
		throw new Error('broken');
	},
	'/late'(ctx) {
		ctx.status = 200;
		ctx.flushHeaders();
		ctx.session['late'] = data;
	},
	'/reserved': ctx => void Object.assign(ctx.session, {id: data}),
	'/permanent': ctx => void Object.assign(ctx.session, {permanent: data}),
	'/bad-subject': ctx => void Object.assign(ctx.session, {subject: [data]}),
	'/bad-keep': ctx => ctx.session.regenerate({keep: data as never}),
	'/bad-update': ctx => ctx.session.update(data as never),
	'/bad-data': ctx => void Object.assign(ctx, {session: data}),
	'/instance': ctx => void Object.assign(ctx.session, {account: new Account()}),
	'/map': ctx => void Object.assign(ctx.session, {map: new Map([[data, () => data]])}),
	'/large': ctx => void Object.assign(ctx.session, {large: data.repeat(1000)}),
	'/ended': async ({session}) => {
		Object.assign(session, {user: data});
		await session.destroy();
		await session.update(() => data);
	},
};

/** Everything that may be known to one client, or to nobody. */
const secretsOf = (tokens: Iterable<string>): string[] =>
	[...tokens].flatMap(token => {
		const [id = '', signature = ''] = token.split('.');
		const hash = createHash('sha256').update(id).digest('base64url');
		return [id.slice(0, 12), signature.slice(0, 12), hash.slice(0, 9)].filter(text => text.length > 8);
	});

/** Does all that can be done to sessions, well and badly; resolves with every token that ever was. */
const live = async (
	t: ExecutionContext,
	store: WatchedStore,
	options: SessionOptions,
	add: (...values: unknown[]) => void,
): Promise<Set<string>> => {
	const small = Object.create(store, {maxBytes: {value: maxBytes}});
	const {client, sessions} = await startApp(
		t,
		{store: small, touchAfter: 0, ...options},
		async ctx => {
			await acts[ctx.path]?.(ctx);
			ctx.body = 'done';
		},
		app => {
			// So that Koa prints what nobody listens for.
			app.silent = false;
			app.on('error', error => {
				add(error);
				app.onerror(error);
			});
		},
	);

	const tokens = new Set<string>();
	const get = async (visitor: Client, path: string, headers: Record<string, string> = {}): Promise<void> => {
		const {body, headers: answer} = await visitor.get(path, {headers});
		for (const token of visitor.cookies.values()) tokens.add(token);
		const {'set-cookie': _cookie, ...others} = answer;
		add(body, others);
	};

	const visitor = client();
	await get(visitor, '/login');
	for (const path of Object.keys(acts)) {
		await get(client(), path);
		const other = client();
		await get(other, '/login');
		await get(other, path);
	}

	await collide(visitor, store, get);
	await forge(client, tokens, get);
	await useApi(sessions, tokens, add);
	await breakStore(visitor, store, get);
	return tokens;
};

type Get = (visitor: Client, path: string, headers?: Record<string, string>) => Promise<void>;

/** Parallel writes, with one that meets a session that moves. */
const collide = async (visitor: Client, store: WatchedStore, get: Get): Promise<void> => {
	await Promise.all(['/write?n=1', '/write?n=2', '/update', '/update'].map(path => get(visitor.fork(), path)));
	const gate = holdNext(store, 'update');
	const slow = get(visitor.fork(), '/write?n=3');
	await gate.reached;
	await get(visitor, '/regenerate');
	gate.open();
	await slow;
};

const forge = async (client: () => Client, tokens: Set<string>, get: Get): Promise<void> => {
	const forged = [
		makeToken({id: `${'B'.repeat(42)}A`}),
		makeToken({id: `${'C'.repeat(42)}A`, key: 'another key'}),
		`${data}.${data}`,
	];
	for (const token of forged) {
		tokens.add(token);
		await get(client(), '/write', {cookie: `sid=${token}`});
	}
};

const useApi = async (
	sessions: SessionMiddleware,
	tokens: Set<string>,
	add: (...values: unknown[]) => void,
): Promise<void> => {
	const {token, header} = await sessions.create({user: data}, {subject});
	tokens.add(token);
	const found = await sessions.fromRequest({headers: {cookie: header}, method: 'GET', url: '/', socket: {}} as never);
	await found?.save().catch(add);
	await sessions.create(data as never).catch(add);
	await sessions.create({account: new Account()}, {subject}).catch(add);
	await sessions.create({}, {subject: [subject] as never}).catch(add);
	await sessions.destroy({handle: data});
	await sessions.revoke(subject).then(add, add);
};

/** Bytes that can't be read, and a store that fails and hangs. */
const breakStore = async (visitor: Client, store: WatchedStore, get: Get): Promise<void> => {
	await get(visitor, '/login');
	for (const bytes of [`\u0001{"user":"${data}"}`, `\u0001$[{"${data}`, `\u0007${data}`]) {
		store.around = async (operation, call) => {
			const answer = await call();
			return operation === 'read' && answer ? {...answer, bytes: Buffer.from(bytes)} : answer;
		};
		await get(visitor.fork(), '/write');
	}

	for (const broken of ['read', 'update', 'create', 'touch', 'delete']) {
		store.around = async (operation, call) => {
			if (operation === broken) throw new Error('the disk is full');
			return call();
		};
		for (const path of ['/', '/write', '/login', '/destroy']) await get(visitor.fork(), path);
	}

	store.around = (_operation, call) => call();
};

for (const [title, options] of [
	['as it is by default', {}],
	["with `onStoreError: 'anonymous'`", {onStoreError: 'anonymous'}],
] as const satisfies readonly (readonly [string, SessionOptions])[]) {
	onEachStore(
		`no id, token, signature, key or data is in any event, error, warning or log: ${title}`,
		async (t, store) => {
			const {add, events, all} = listenToAll(t);
			const tokens = await live(t, store, options, add);
			const names = new Set(events.map(({name}) => name));
			for (const name of ['load', 'create', 'update', 'touch', 'destroy', 'regenerate', 'conflict', 'lost'] as const) {
				t.true(names.has(name), name);
			}

			for (const name of ['undecodable', 'refused', 'late-write', 'store-error'] as const)
				t.true(names.has(name), name);

			const said = all();
			t.regex(said, /the disk is full/, 'what is said is gathered');
			t.regex(said, /ERR_SESSION_TOO_LARGE/);
			const secrets = [data, subject, 'lovelace', ...secretsOf(tokens)];
			t.true(secrets.length > 100);
			t.deepEqual(
				secrets
					.filter(secret => said.includes(secret))
					.map(secret => said.slice(said.indexOf(secret) - 200).slice(0, 300)),
				[],
			);
		},
		test.serial,
	);
}
