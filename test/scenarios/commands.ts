import assert from 'node:assert/strict';
import {randomInt} from 'node:crypto';
import type {IncomingMessage} from 'node:http';
import test, {type ExecutionContext} from 'ava';
import fc from 'fast-check';
import {MemoryStore} from '../../source/stores/memory.ts';
import {type Route, startApp} from '../helpers/http/app.ts';
import {runs} from '../helpers/runs.ts';
import {type Command, type Ending, type Name, SessionModel} from '../helpers/stores/session-model.ts';
import {watch} from '../helpers/stores/watched-store.ts';

// Whatever a route does with its session, in any order and however it ends: the record, the cookie and the data are what
// a simple model says, and the store is asked for no more than that. `SEED=…` repeats a run.

const sequences = runs(100, 2000);

const name = fc.constantFrom<Name>('a', 'b', 'n');
const command: fc.Arbitrary<Command> = fc.oneof(
	fc.record({do: fc.constant('set' as const), name, value: fc.nat(3)}),
	fc.record({do: fc.constant('unset' as const), name}),
	fc.record({
		do: fc.constant('replace' as const),
		data: fc.dictionary(name, fc.nat(3), {maxKeys: 2, noNullPrototype: true}),
	}),
	fc.record({do: fc.constant('permanent' as const), value: fc.boolean()}),
	fc.record({do: fc.constant('subject' as const), value: fc.constantFrom('alice', undefined)}),
	fc.record({do: fc.constant('regenerate' as const), keep: fc.oneof(fc.boolean(), fc.subarray<Name>(['a', 'n']))}),
	fc.constantFrom<Command>({do: 'null'}, {do: 'destroy'}, {do: 'save'}, {do: 'save'}, {do: 'update'}, {do: 'update'}),
);
const ending = fc.constantFrom<Ending>('answer', 'answer', 'refuse', 'fail');

type Request = {commands: Command[]; ending: Ending};

const requestsOf = (command: fc.Arbitrary<Command>, ending: fc.Arbitrary<Ending>): fc.Arbitrary<Request[]> =>
	fc.array(fc.record({commands: fc.array(command, {maxLength: 7}), ending}), {minLength: 1, maxLength: 4});

/** What a request does is in its `x-request` header; it answers with how many updates were refused. */
const route: Route = async ctx => {
	const {commands, ending, waits}: Request & {waits: boolean} = JSON.parse(ctx.get('x-request'));
	let refusals = 0;
	for (const command of commands) {
		const {session} = ctx;
		if (command.do === 'set') session[command.name] = command.value;
		if (command.do === 'unset') delete session[command.name];
		if (command.do === 'replace') Object.assign(ctx, {session: command.data});
		if (command.do === 'permanent') session.permanent = command.value;
		if (command.do === 'subject') session.subject = command.value;
		if (command.do === 'regenerate') void session.regenerate({keep: command.keep});
		if (command.do === 'null') Object.assign(ctx, {session: null});
		if (command.do === 'destroy' || command.do === 'save') {
			const done = session[command.do]();
			if (waits) await done;
		}

		if (command.do === 'update') {
			await session.update(increment).catch(error => {
				if (error.code !== 'ERR_SESSION_DESTROYED') throw error;
				refusals++;
			});
		}
	}

	ctx.body = String(refusals);
	if (ending !== 'answer') ctx.throw(ending === 'refuse' ? 418 : 500, String(refusals), {expose: true});
};

const increment = (session: Record<string, unknown>): void => {
	session['n'] = Number(session['n'] ?? 0) + 1;
};

const start = async (t: ExecutionContext) => {
	const kept = new MemoryStore();
	const store = watch(kept);
	const {client, sessions} = await startApp(t, {store}, route);
	const keys = new Set<string>();
	store.around = (_operation, call, key) => {
		keys.add(key);
		return call();
	};

	return {
		store,
		/** A client of its own, the only one. */
		enter() {
			keys.clear();
			return client();
		},
		/** The session that a cookie opens, without the prototype that makes it one. */
		async read(cookie: string) {
			const session = await sessions.fromRequest({
				headers: {cookie},
				url: '/',
				socket: {},
			} as unknown as IncomingMessage);
			return session && {data: {...session}, permanent: session.permanent, subject: session.subject};
		},
		/** How many sessions are stored. */
		async count() {
			const records = await Promise.all([...keys].map(key => kept.read(key)));
			return records.filter(record => record && record.bytes[0] !== 0).length;
		},
	};
};

/** Sends requests one after the other, and compares what became of the session with what the model says. */
const play = async (t: ExecutionContext, requests: fc.Arbitrary<Request[]>, {waits}: {readonly waits: boolean}) => {
	const seed = Number(process.env['SEED'] ?? randomInt(2 ** 31));
	t.log(`SEED=${seed}`);
	const {store, enter, read, count} = await start(t);

	const property = fc.asyncProperty(requests, async given => {
		const visitor = enter();
		const model = new SessionModel();
		const former = new Set<string>();
		let isPermanent = true;
		for (const {commands, ending} of given) {
			model.begin();
			for (const command of commands) model.run(command);
			model.finish(ending);

			store.calls.length = 0;
			const before = visitor.cookie;
			const answer = await visitor.get('/', {headers: {'x-request': JSON.stringify({commands, ending, waits})}});
			assert.equal(answer.body, String(model.refusals), 'updates refused');
			if (waits) assert.deepEqual(store.calls, model.calls, 'calls');

			if (before && before !== visitor.cookie) former.add(before);
			for (const line of answer.setCookie) isPermanent = line.includes('Max-Age=');
			assert.ok(answer.setCookie.length <= 1, 'one cookie');

			const stored = await read(visitor.cookie);
			// A save that nobody waits for may come when there is nothing left to store.
			if (!waits && !stored && model.isBlank) model.stored = undefined;
			assert.equal(visitor.cookies.size, model.stored ? 1 : 0, 'cookies');
			assert.deepEqual(stored, model.stored, 'the record');
			if (model.stored)
				assert.equal(isPermanent, model.stored.permanent, 'the cookie lives as long as the record says');
			assert.equal(await count(), model.stored ? 1 : 0, 'records');
			for (const cookie of former) assert.equal(await read(cookie), undefined, 'a former id is dead');
		}
	});
	await fc.assert(property, {seed, numRuns: sequences, includeErrorInReport: true});
	t.pass();
};

test('everything in any order ends as the model says', async t => {
	await play(t, requestsOf(command, ending), {waits: true});
});

// An update sees what is stored by then, which depends on what was waited for.
test('also where the route waits for no `save()` and no `destroy()`', async t => {
	const commands = command.filter(({do: what}) => what !== 'update');
	await play(t, requestsOf(commands, fc.constantFrom<Ending>('answer', 'refuse')), {waits: false});
});
