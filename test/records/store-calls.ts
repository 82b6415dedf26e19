import {AsyncLocalStorage} from 'node:async_hooks';
import {randomUUID} from 'node:crypto';
import {tracingChannel} from 'node:diagnostics_channel';
import {setTimeout} from 'node:timers/promises';
import test, {type ExecutionContext} from 'ava';
import type {StoreCall} from '../../source/events.ts';
import {SessionError} from '../../source/index.ts';
import {GuardedStore} from '../../source/records/guarded-store.ts';
import {MemoryStore} from '../../source/stores/memory.ts';
import {all} from '../helpers/stores/all.ts';
import {onEachStore} from '../helpers/stores/on-each-store.ts';
import {noVersion, record} from '../helpers/stores/records.ts';
import {watch} from '../helpers/stores/watched-store.ts';

// Store calls as a tracing channel, which is the whole process's: one test at a time.

const steps = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const;
const channel = tracingChannel<unknown, StoreCall>('koa-server-session:store-call');

/** Records each step of each call from now on, with the call's own object. */
const trace = (t: ExecutionContext): [step: string, call: StoreCall][] => {
	const traced: [string, StoreCall][] = [];
	for (const step of steps) {
		const listener = (call: unknown) => traced.push([step, call as StoreCall]);
		channel[step].subscribe(listener);
		t.teardown(() => channel[step].unsubscribe(listener));
	}

	return traced;
};

onEachStore(
	'each call is traced, with what came of it and nothing that is in a record',
	async (t, store) => {
		const guarded = new GuardedStore(store, 10_000, key => key.slice(0, 8));
		const key = randomUUID();
		const session = key.slice(0, 8);
		const traced = trace(t);
		const first = await guarded.create(key, {...record('secret'), subject: 'ada'});
		await guarded.create(key, record());
		await guarded.read(key);
		await guarded.update(key, record(), noVersion);
		await guarded.touch(key, record().expiresAt, first ?? noVersion);
		await guarded.touch(key, record().expiresAt, noVersion);
		await guarded.update(key, record(), first ?? noVersion);
		await guarded.delete(key);
		await guarded.delete(key);
		await guarded.update(key, record(), noVersion);
		await guarded.read(key);
		t.deepEqual(
			traced.filter(([step]) => step === 'asyncEnd').map(([, call]) => call),
			(
				[
					['create', 'done'],
					['create', 'taken'],
					['read', 'done'],
					['update', 'conflict'],
					['touch', 'done'],
					['touch', 'unchanged'],
					['update', 'done'],
					['delete', 'done'],
					['delete', 'unchanged'],
					['update', 'missing'],
					['read', 'missing'],
				] as const
			).map(([operation, result]) => ({session, operation, result})),
		);
		const [, one] = traced[0] ?? [];
		t.deepEqual(
			traced.filter(([, call]) => call === one).map(([step]) => step),
			['start', 'end', 'asyncStart', 'asyncEnd'],
		);
	},
	test.serial,
);

test.serial('a call that fails or takes too long is traced with the error of its caller', async t => {
	const store = watch(new MemoryStore());
	const guarded = new GuardedStore(store, 20, () => 'name');
	const traced = trace(t);
	store.around = async () => {
		throw new Error('the disk is full');
	};
	const failed = await t.throwsAsync(guarded.read('key'));
	store.around = () => setTimeout(500);
	const late = await t.throwsAsync(guarded.read('key'), {code: 'ERR_SESSION_STORE_TIMEOUT'});
	const errors = traced.filter(([step]) => step === 'error').map(([, call]) => call.error);
	t.true(errors[0] instanceof SessionError);
	t.deepEqual(errors, [failed, late]);
	t.false(traced.some(([, call]) => 'result' in call));
});

test.serial('a walk is traced page by page, without its subject', async t => {
	const guarded = new GuardedStore(new MemoryStore(), 1000, () => '');
	await guarded.create('key', {...record(), subject: 'ada'});
	const traced = trace(t);
	t.deepEqual(await all(guarded.bySubject('ada')), ['key']);
	t.deepEqual(
		traced.filter(([step]) => step === 'asyncEnd').map(([, call]) => call),
		['open', 'bySubject', 'bySubject'].map(operation => ({session: '', operation, result: 'done'})),
	);
});

test.serial("what a tracer binds to the call's start is there while the store works, and gone afterwards", async t => {
	const store = watch(new MemoryStore());
	const guarded = new GuardedStore(store, 1000, () => 'name');
	const storage = new AsyncLocalStorage<unknown>();
	channel.start.bindStore(storage, ({operation}) => `span of ${operation}`);
	t.teardown(() => channel.start.unbindStore(storage));
	const seen: unknown[] = [];
	store.around = async (_operation, call) => {
		seen.push(storage.getStore());
		await null;
		seen.push(storage.getStore());
		return call();
	};
	await storage.run('span of the request', async () => {
		await guarded.read('key');
		seen.push(storage.getStore());
	});
	t.deepEqual(seen, ['span of read', 'span of read', 'span of the request']);
});

test.serial('if nobody listens, a call is neither named nor wrapped', async t => {
	const store = watch(new MemoryStore());
	const frames: (string | undefined)[] = [];
	store.around = (_operation, call) => {
		frames.push(new Error('here').stack);
		return call();
	};
	const guarded = new GuardedStore(store, 1000, () => t.fail('a name was made') as never);
	await guarded.read('key');
	t.false(frames[0]?.includes('observeCall'));
	t.true(frames[0]?.includes('callInTime'));
});
