import test, {type ExecutionContext} from 'ava';
import {type Codec, type Envelope, json, SessionError, type SessionOptions, type Store} from '../../source/index.ts';
import {MemoryStore} from '../../source/stores/memory.ts';
import {type Client, startApp, type TestContext} from '../helpers/http/app.ts';
import {storedData} from '../helpers/http/stored-data.ts';
import {onEachStore} from '../helpers/stores/on-each-store.ts';
import {watch} from '../helpers/stores/watched-store.ts';

// Rule 18.

const maxBytes = 300;

/** The same store, with room for little. */
const small = (store: Store): Store => Object.create(store, {maxBytes: {value: maxBytes}});

/** An application whose route does what the test says now; what it fails with is kept. */
const start = async (t: ExecutionContext, options: SessionOptions) => {
	const errors: SessionError[] = [];
	let action: (ctx: TestContext) => unknown = () => undefined;
	const {client, sessions} = await startApp(
		t,
		options,
		async ctx => {
			await action(ctx);
			ctx.body = 'done';
		},
		app => app.on('error', error => errors.push(error)),
	);
	const act = (visitor: Client, next: typeof action) => {
		action = next;
		errors.length = 0;
		return visitor.get('/');
	};
	return {client, sessions, act, errors};
};

const secret = '5up3rs3cr3t';

/** Larger than the store allows, in several keys. */
const large = {small: secret, largest: secret.repeat(20), larger: secret.repeat(10), large: secret.repeat(9)};

onEachStore(
	'a record that is too large is a clear error before any I/O, and the stored one stays',
	async (t, store) => {
		const {client, sessions, act, errors} = await start(t, {store: small(store)});
		const visitor = client();
		await act(visitor, ctx => Object.assign(ctx.session, {user: 'Ada'}));
		for (const [who, change, calls] of [
			[client(), (ctx: TestContext) => Object.assign(ctx.session, large), []],
			[visitor, (ctx: TestContext) => Object.assign(ctx.session, large), ['read']],
			[visitor, (ctx: TestContext) => Object.assign(ctx, {session: large}), ['read']],
			[visitor, (ctx: TestContext) => ctx.session.update(session => Object.assign(session, large)), ['read']],
			[
				visitor,
				async (ctx: TestContext) => {
					Object.assign(ctx.session, large);
					await ctx.session.save();
				},
				['read'],
			],
		] as const) {
			store.calls.length = 0;
			const {status, setCookie} = await act(who, change);
			t.is(status, 500);
			t.deepEqual(setCookie, []);
			t.deepEqual(
				store.calls.filter(call => call !== 'read'),
				[],
				String(change),
			);
			t.is(store.calls.length, calls.length);

			const [error] = errors;
			t.true(error instanceof SessionError);
			t.is(error?.code, 'ERR_SESSION_TOO_LARGE');
			t.regex(error?.message ?? '', /takes \d{3} bytes, but its store holds at most 300\. /);
			t.regex(
				error?.message ?? '',
				/Its largest keys, in bytes: `largest` \(\d+\), `larger` \(\d+\), `large` \(\d+\)\. /,
			);
			t.notRegex(error?.message ?? '', /5up3rs3cr3t/);
			t.deepEqual(await storedData(sessions, visitor), {user: 'Ada'});
		}
	},
);

onEachStore('a new id stays though its data is too large, and leads to what was stored', async (t, store) => {
	const {client, sessions, act, errors} = await start(t, {store: small(store)});
	const visitor = client();
	await act(visitor, ctx => Object.assign(ctx.session, {user: 'Ada'}));
	const tab = visitor.fork();
	const {status, setCookie} = await act(visitor, async ctx => {
		await ctx.session.regenerate();
		await Object.assign(ctx.session, large).save();
	});
	t.is(status, 500);
	t.is(errors[0]?.code, 'ERR_SESSION_TOO_LARGE');
	t.is(setCookie.length, 1);
	t.deepEqual(await storedData(sessions, visitor), {user: 'Ada'});
	t.is(await storedData(sessions, tab), undefined);
});

onEachStore('a record of exactly the size that the store holds is kept, and one byte more is not', async (t, store) => {
	const {client, sessions, act, errors} = await start(t, {store: small(store)});
	const visitor = client();
	const empty = Buffer.byteLength(JSON.stringify({createdAt: Date.now(), permanent: true, data: {text: ''}}));
	const room = maxBytes - 1 - empty;
	await act(visitor, ctx => Object.assign(ctx.session, {text: 'a'.repeat(room)}));
	t.is(String((await storedData(sessions, visitor))?.['text']).length, room);

	t.is((await act(visitor, ctx => Object.assign(ctx.session, {text: 'a'.repeat(room + 1)}))).status, 500);
	t.regex(errors[0]?.message ?? '', /takes 301 bytes.* holds at most 300/);
});

test('a key as long as a book is cut in the message', async t => {
	const {client, act, errors} = await start(t, {store: small(new MemoryStore())});
	await act(client(), ctx => Object.assign(ctx.session, {[`a${'b'.repeat(10_000)}`]: 1}));
	t.is(errors[0]?.code, 'ERR_SESSION_TOO_LARGE');
	t.true((errors[0]?.message.length ?? 0) < 400);
});

test('a codec that refuses a part of a session does not hide that the whole is too large', async t => {
	const strict: Codec<Envelope> = function* (stored, context) {
		const inner = json<Envelope>()(stored, context);
		const kept = yield inner.next().value as Envelope | undefined;
		if (kept && !('largest' in kept.data && 'small' in kept.data)) throw new Error(`Expected ${secret}`);
		return inner.next(kept).value as Uint8Array | undefined;
	};
	const store = watch(new MemoryStore());
	const {client, act, errors} = await start(t, {store: small(store), codec: strict});
	await act(client(), ctx => Object.assign(ctx.session, large));
	t.is(errors[0]?.code, 'ERR_SESSION_TOO_LARGE');
	t.regex(errors[0]?.message ?? '', /largest keys, in bytes: `largest` \(\d+\), `larger` \(\d+\), `large` \(\d+\)\. /);
	t.notRegex(errors[0]?.message ?? '', /5up3rs3cr3t/);
	t.deepEqual(store.calls, []);
});

onEachStore('a session that a new codec makes too large can still be read, and stays as it is', async (t, store) => {
	const longer: Codec<Envelope> = function* (stored, context) {
		const inner = json()(stored && JSON.parse(Buffer.from(stored).toString()), context);
		const kept = inner.next(yield inner.next().value as Envelope | undefined).value as Uint8Array | undefined;
		return kept && Buffer.from(JSON.stringify([...kept]));
	};
	const short = await start(t, {store: small(store), codec: json()});
	const visitor = short.client();
	await short.act(visitor, ctx => Object.assign(ctx.session, {user: 'Ada', note: 'x'.repeat(100)}));

	const {act, client} = await start(t, {store: small(store), codec: [json(), longer]});
	const again = visitor.fork(client().port);
	store.calls.length = 0;
	t.is((await act(again, ctx => ctx.session['user'])).status, 200);
	t.is((await act(again, ctx => ctx.session.save())).status, 200);
	t.deepEqual(store.calls, ['read', 'read']);
	t.is((await act(again, ctx => ctx.session.update(session => session['user']))).status, 200);
	t.false(store.calls.includes('update'));
	t.is((await act(again, ctx => Object.assign(ctx.session, {more: 1}))).status, 500, 'a change is refused');
});
