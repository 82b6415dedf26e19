import {AsyncLocalStorage} from 'node:async_hooks';
import {setImmediate} from 'node:timers/promises';
import test, {type ExecutionContext} from 'ava';
import {SessionError} from '../../source/errors.ts';
import {observe} from '../../source/events.ts';
import {GuardedStore} from '../../source/records/guarded-store.ts';
import {MemoryStore} from '../../source/stores/memory.ts';
import {recordEvents} from '../helpers/events/record-events.ts';
import {answeredWhileBusy} from '../helpers/order/busy.ts';
import {turnsDuring} from '../helpers/order/turns.ts';
import {all} from '../helpers/stores/all.ts';
import {noVersion, record} from '../helpers/stores/records.ts';

const guard = (store: object, timeout = 1000): GuardedStore =>
	new GuardedStore(Object.assign(new MemoryStore(), store), timeout, key => key);

test('a store that could not be opened is opened again by the next call, and only once by several', async t => {
	let openings = 0;
	const open = async () => {
		openings++;
		if (openings === 1) throw new Error('not there yet');
		return new MemoryStore();
	};
	const store = new GuardedStore(open, 1000, key => key);

	await t.throwsAsync(store.read('key'), {code: 'ERR_SESSION_STORE'});
	t.false(store.isOpen);

	await Promise.all([store.read('key'), store.read('key'), store.create('key', record())]);
	t.truthy(await store.read('key'));
	t.is(openings, 2);
});

test.serial(
	'a process that was busy for longer than the time limit takes the answer that came in the meantime, and reports no fault',
	async t => {
		const events = recordEvents(t);
		await t.notThrowsAsync(guard({read: () => answeredWhileBusy(50)}, 10).read('key'));
		await setImmediate();
		await setImmediate();
		t.deepEqual(events, []);
	},
);

/** How each method is called. */
const calls: Readonly<Record<string, (store: GuardedStore) => Promise<unknown>>> = {
	create: store => store.create('key', record()),
	read: store => store.read('key'),
	update: store => store.update('key', record(), noVersion),
	touch: store => store.touch('key', Date.now(), noVersion),
	delete: store => store.delete('key', noVersion),
	prune: store => store.prune(),
};

const bytes = Buffer.of(1);
const version = 'version';

/** What each method may resolve with, and what not, with how a message calls that. */
const answers: Readonly<Record<string, {right: readonly unknown[]; wrong: readonly (readonly [unknown, string])[]}>> = {
	create: {
		right: [version, 'conflict', undefined],
		wrong: [
			[null, '`null`'],
			[false, '`false` (boolean)'],
			[{version}, 'an object'],
		],
	},
	read: {
		right: [undefined, {bytes, expiresAt: 9e15, version}, {bytes, expiresAt: 9e15, version, subject: 'ann'}],
		wrong: [
			[null, '`null`'],
			[false, '`false` (boolean)'],
			['secret', 'a string'],
			[{}, 'an object'],
			[{bytes: [1], expiresAt: 9e15, version}, 'an object'],
			[{bytes, version}, 'an object'],
			[{bytes, expiresAt: '9e15', version}, 'an object'],
			[{bytes, expiresAt: 9e15}, 'an object'],
			[{bytes, expiresAt: 9e15, version, subject: null}, 'an object'],
			[[{bytes, expiresAt: 9e15, version}], 'a list'],
		],
	},
	update: {
		right: ['conflict', 'missing', {version}, {version: 'conflict'}],
		wrong: [
			[version, 'a string'],
			['conflcit', 'a string'],
			[undefined, '`undefined`'],
			[null, '`null`'],
			[true, '`true` (boolean)'],
			[{}, 'an object'],
			[{version: 1}, 'an object'],
		],
	},
	...Object.fromEntries(
		['touch', 'delete'].map(method => [
			method,
			{
				right: [true, false],
				wrong: [
					[undefined, '`undefined`'],
					[null, '`null`'],
					[1, 'a number'],
					['OK', 'a string'],
				],
			},
		]),
	),
	prune: {
		right: [0, 7],
		wrong: [
			[undefined, '`undefined`'],
			[-1, 'a number'],
			[Number.NaN, 'a number'],
			['500', 'a string'],
		],
	},
};

const fails = async (t: ExecutionContext, call: Promise<unknown>, ending: string): Promise<void> => {
	const error = await t.throwsAsync(call, {instanceOf: SessionError, code: 'ERR_SESSION_STORE'});
	const advice = 'Check the store with `koa-server-session/testing`';
	t.true(error?.message.startsWith('Expected `'), error?.message);
	t.true(error?.message.endsWith(`${ending}. ${advice}`), error?.message);
};

for (const [method, call] of Object.entries(calls)) {
	test(`${method}() may resolve with what its contract says, and with nothing else`, async t => {
		const {right = [], wrong = []} = answers[method] ?? {};
		t.true(right.length > 0 && wrong.length > 0);
		for (const answer of right) t.is(await call(guard({[method]: async () => answer})), answer);
		for (const [answer, name] of wrong) await fails(t, call(guard({[method]: async () => answer})), `, got ${name}`);
	});

	test(`${method}() must return a promise, or what it forgot to return could be taken for an answer`, async t => {
		const {right = []} = answers[method] ?? {};
		for (const answer of [undefined, ...right]) {
			const error = await t.throwsAsync(call(guard({[method]: () => answer})), {code: 'ERR_SESSION_STORE'});
			t.regex(error?.message ?? '', new RegExp(`^Expected \`${method}\\(\\)\` of the store to return a promise, got `));
		}
	});

	test(`${method}() may return a promise of another library`, async t => {
		const [answer] = answers[method]?.right ?? [];
		const then = (resolve: (value: unknown) => void) => resolve(answer);
		t.is(await call(guard({[method]: () => ({then})})), answer);
	});
}

for (const method of ['bySubject', 'keys'] as const) {
	const walk = (store: object): Promise<string[]> => all(guard(store)[method]('s'));

	test(`${method}() walks over lists of keys, some of them empty`, async t => {
		const pages = [['a', 'b'], [], ['c'], []];
		t.deepEqual(
			await walk({
				async *[method]() {
					yield* pages;
				},
			}),
			['a', 'b', 'c'],
		);
	});

	test(`${method}() must be an async iterable of lists of keys`, async t => {
		for (const [returned, name] of [
			[undefined, '`undefined`'],
			[null, '`null`'],
			[['key'], 'a list'],
			[Promise.resolve(['key']), 'a promise'],
		] as const) {
			await fails(t, walk({[method]: () => returned}), `an \`async *\` method does, got ${name}`);
		}
		for (const [page, name] of [
			['secret', 'a string'],
			[undefined, '`undefined`'],
			[[1], 'a list'],
			[['key', null], 'a list'],
		] as const) {
			const giving = {
				async *[method]() {
					yield page;
				},
			};
			await fails(t, walk(giving), `give lists of keys, got ${name}`);
		}
	});

	test(`${method}() takes a string and nothing else: what is missing must not be taken for a name`, async t => {
		for (const value of [undefined, null, 7, {}, ['ann']]) {
			const walked = all(guard({})[method](value as never));
			const error = await t.throwsAsync(walked, {instanceOf: TypeError});
			t.regex(error?.message ?? '', /^Expected `(?:subject|prefix)` to be a string, got /);
		}
	});

	test(`${method}() has the time limit for each page, not for the walk`, async t => {
		const timeout = 400;
		const page = () => new Promise<string[]>(resolve => setTimeout(resolve, timeout / 4, ['key']));
		const slow = {
			async *[method]() {
				for (let count = 0; count < 8; count++) yield await page();
			},
		};
		t.is((await all(guard(slow, timeout)[method]('s'))).length, 8);

		const hanging = {
			async *[method]() {
				yield ['key'];
				yield await new Promise<string[]>(() => {});
			},
		};
		// As a socket would: the time limit alone keeps no process alive.
		const alive = setInterval(() => {}, timeout);
		await t.throwsAsync(all(guard(hanging, timeout)[method]('s')), {code: 'ERR_SESSION_STORE_TIMEOUT'});
		clearInterval(alive);
	});

	test(`${method}() lets others run between pages, though the store answers at once`, async t => {
		let turns = 0;
		const count = setInterval(() => turns++, 0);
		const pages = {
			async *[method]() {
				for (let page = 0; page < 50; page++) {
					for (const end = performance.now() + 2; performance.now() < end; );
					yield [];
				}
			},
		};
		await walk(pages);
		clearInterval(count);
		t.true(turns > 10, `${turns}`);
	});

	test(`${method}() of a store without it says so`, async t => {
		const walked = all(
			new GuardedStore(Object.assign(new MemoryStore(), {[method]: undefined}), 1000, key => key)[method]('s'),
		);
		await t.throwsAsync(walked, {code: 'ERR_SESSION_UNSUPPORTED'});
	});
}

test('close() closes a store that was opened here, and no other', async t => {
	const closed: string[] = [];
	const closing = (name: string) => Object.assign(new MemoryStore(), {close: async () => void closed.push(name)});
	const ours = new GuardedStore(
		async () => closing('ours'),
		1000,
		key => key,
	);
	await ours.close();
	t.deepEqual(closed, [], 'it was never opened');
	await ours.read('key');
	await ours.close();
	const theirs = new GuardedStore(closing('theirs'), 1000, key => key);
	await theirs.read('key');
	await theirs.close();
	t.deepEqual(closed, ['ours']);
});

test('a walk and what is done with each key let others have their turn every few milliseconds', async t => {
	const page = Array.from({length: 100}, (_, index) => `key-${index}`);
	const store = guard({
		async *bySubject() {
			yield page;
		},
		// As a database in this very process: nothing else runs before it answers.
		async read() {
			const end = performance.now() + 1;
			while (performance.now() < end);
		},
	});
	const turns = await turnsDuring(async () => {
		for await (const key of store.bySubject('ann')) await store.read(key);
	});
	t.true(turns >= 20, `${turns}`);
});

test('a call that takes too long is reported in the asynchronous context of its own request', async t => {
	const context = new AsyncLocalStorage<string>();
	const store = guard({read: () => new Promise(() => undefined)}, 20);
	const heard: unknown[] = [];
	// Other tests have errors at the same time.
	t.teardown(observe('store-error', ({session}) => session.startsWith('late') && heard.push(context.getStore())));
	const read = (name: string) => context.run(name, () => t.throwsAsync(store.read(name)));
	const alive = setInterval(() => undefined, 1000);
	await Promise.all(['late 1', 'late 2'].map(read));
	await read('late 3');
	clearInterval(alive);
	t.deepEqual(heard, ['late 1', 'late 2', 'late 3']);
});
