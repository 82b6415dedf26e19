import assert from 'node:assert/strict';
import type {ExecutionContext} from 'ava';
import type {SessionOptions} from '../../source/index.ts';
import {type Client, type Route, startApp, type TestContext} from '../helpers/http/app.ts';
import {storedData} from '../helpers/http/stored-data.ts';
import {Barrier} from '../helpers/order/barrier.ts';
import {onEachStore} from '../helpers/stores/on-each-store.ts';

// Requests that all have loaded the session before the first of them commits.

type Data = Record<string, unknown>;
type Changes = Readonly<Record<string, (session: TestContext['session']) => void>>;

/** Applies changes by path: `/all/<parties>/<name>` waits until that many requests have loaded. */
const startChanging = async (t: ExecutionContext, options: SessionOptions, changes: Changes) => {
	const barriers = new Map<string, Barrier>();
	const route: Route = async ctx => {
		const [, round = '', parties = '1', name = ''] = ctx.path.split('/');
		const barrier = barriers.get(round) ?? new Barrier(Number(parties));
		barriers.set(round, barrier);
		await barrier.wait();
		changes[decodeURIComponent(name)]?.(ctx.session);
		ctx.body = 'done';
	};

	const started = await startApp(t, options, route);
	let rounds = 0;
	return {
		...started,
		/** One request for each change, all at once; answers when all are answered. */
		async together(client: Client, ...names: readonly string[]) {
			const round = ++rounds;
			return Promise.all(names.map(name => client.fork().get(`/${round}/${names.length}/${encodeURIComponent(name)}`)));
		},
	};
};

/** A client whose session holds what the change `first` wrote. */
const visitor = async (started: Awaited<ReturnType<typeof startChanging>>): Promise<Client> => {
	const client = started.client();
	await client.get('/first/1/first');
	return client;
};

const letters = [...'abcdefghijklmnopqrstuvwxyz'];

onEachStore('26 parallel requests that each set their own key leave 26 keys', async (t, store) => {
	const started = await startChanging(t, {store}, {
		first: session => Object.assign(session, {first: true}),
		...Object.fromEntries(letters.map(letter => [letter, session => Object.assign(session, {[letter]: letter})])),
	} satisfies Changes);
	const client = await visitor(started);

	const answers = await started.together(client, ...letters);
	t.deepEqual(new Set(answers.map(({status}) => status)), new Set([200]));
	t.deepEqual(await storedData(started.sessions, client), {
		first: true,
		...Object.fromEntries(letters.map(letter => [letter, letter])),
	});
});

onEachStore('parallel changes inside of nested objects are all kept', async (t, store) => {
	const started = await startChanging(t, {store}, {
		first: session => Object.assign(session, {shop: {cart: {pear: 1}, wishes: {}}}),
		...Object.fromEntries(
			letters.map(letter => [letter, ({shop}) => Object.assign((shop as {cart: object}).cart, {[letter]: {count: 1}})]),
		),
	} satisfies Changes);
	const client = await visitor(started);
	await started.together(client, ...letters);

	const cart = {pear: 1, ...Object.fromEntries(letters.map(letter => [letter, {count: 1}]))};
	t.deepEqual(await storedData(started.sessions, client), {shop: {cart, wishes: {}}});
});

onEachStore('what one request deletes stays deleted, whichever commits first', async (t, store) => {
	const started = await startChanging(t, {store}, {
		first: session => Object.assign(session, {gone: 1, kept: 1, nested: {gone: 1, kept: 1}}),
		delete(session) {
			delete session['gone'];
			delete (session['nested'] as Data)['gone'];
		},
		...Object.fromEntries(letters.map(letter => [letter, session => Object.assign(session, {[letter]: 1})])),
	} satisfies Changes);
	const client = await visitor(started);
	await started.together(client, 'delete', ...letters);

	t.deepEqual(await storedData(started.sessions, client), {
		kept: 1,
		nested: {kept: 1},
		...Object.fromEntries(letters.map(letter => [letter, 1])),
	});
});

const nameOf = (place: unknown): string => (place as {name: string}).name;

onEachStore('of two values for the same path, the later commit wins', async (t, store) => {
	const commits: string[] = [];
	const started = await startChanging(
		t,
		{store},
		{
			first: session => Object.assign(session, {place: {name: 'none'}}),
			one: session => Object.assign(session['place'] as object, {name: 'one'}),
			two: session => Object.assign(session['place'] as object, {name: 'two'}),
		},
	);
	const client = await visitor(started);

	for (let round = 0; round < 8; round++) {
		commits.length = 0;
		store.around = async (operation, call) => {
			const result = await call();
			if (operation === 'update' && result !== 'conflict') {
				const stored = await storedData(started.sessions, client);
				commits.push(nameOf(stored?.['place']));
			}
			return result;
		};
		await started.together(client, 'one', 'two');
		store.around = (_operation, call) => call();
		t.deepEqual((await storedData(started.sessions, client))?.['place'], {name: commits.at(-1)});
	}
});

onEachStore('dates, maps, sets, big integers and bytes survive a conflict', async (t, store) => {
	const rich = () => ({
		date: new Date(0),
		map: new Map([['key', {nested: 1}]]),
		set: new Set([1, 'two']),
		big: 2n ** 70n,
		bytes: new Uint8Array([0, 255]),
		nothing: undefined,
		list: [1, [2]],
	});
	const started = await startChanging(
		t,
		{store},
		{
			first: session => Object.assign(session, {mine: rich(), theirs: rich(), untouched: rich()}),
			theirs: session => Object.assign(session['theirs'] as object, {date: new Date(1), map: new Map([[1, 2]])}),
			mine: session => Object.assign(session['mine'] as object, {set: new Set(['new']), bytes: new Uint8Array([1])}),
		},
	);
	const client = await visitor(started);
	await started.together(client, 'mine', 'theirs');

	const stored = await storedData(started.sessions, client);
	t.notThrows(() =>
		assert.deepStrictEqual(stored, {
			mine: {...rich(), set: new Set(['new']), bytes: new Uint8Array([1])},
			theirs: {...rich(), date: new Date(1), map: new Map([[1, 2]])},
			untouched: rich(),
		}),
	);
});

onEachStore('an application can merge by its own rule', async (t, store) => {
	const merge = (base: Data, theirs: Data, mine: Data): Data => {
		const [before, they, i] = [base, theirs, mine].map(({stock}) => Number(stock));
		return {stock: (they ?? 0) + (i ?? 0) - (before ?? 0)};
	};
	const started = await startChanging(
		t,
		{store, merge},
		{
			first: session => Object.assign(session, {stock: 100}),
			take: session => Object.assign(session, {stock: Number(session['stock']) - 1}),
		},
	);
	const client = await visitor(started);
	await started.together(client, ...Array.from({length: 12}, () => 'take'));
	t.deepEqual(await storedData(started.sessions, client), {stock: 88});
});

onEachStore('a request that always loses answers 409, and nothing of it is stored', async (t, store) => {
	const started = await startChanging(
		t,
		{store},
		{
			first: session => Object.assign(session, {a: 1}),
			change: session => Object.assign(session, {a: 2, b: 2}),
			move(session) {
				session['b'] = 3;
				void session.regenerate();
			},
		},
	);
	const client = await visitor(started);
	const keys = new Set<string>();

	for (const change of ['change', 'move']) {
		let conflicts = 0;
		store.around = async (operation, call, key) => {
			if (operation === 'create') keys.add(key);
			if (operation !== 'update' || keys.has(key)) return call();
			conflicts++;
			return 'conflict';
		};
		const [answer] = await started.together(client, change);
		store.around = (_operation, call) => call();
		t.is(answer?.status, 409);
		t.deepEqual(answer?.setCookie, []);
		t.is(conflicts, 50);
		t.deepEqual(await storedData(started.sessions, client), {a: 1});
	}

	t.is(keys.size, 1);
	for (const key of keys) t.is(await store.read(key), undefined);
});
