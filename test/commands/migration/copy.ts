import test from 'ava';
import {copy, type Outcome, remove} from '../../../source/commands/migration/copy.ts';
import type {SessionRecord, Store} from '../../../source/store.ts';
import {MemoryStore} from '../../../source/stores/memory.ts';
import {broken} from '../../helpers/faults/broken-store.ts';
import {fakeClock} from '../../helpers/stores/conforms.ts';
import {noVersion} from '../../helpers/stores/records.ts';
import {watch} from '../../helpers/stores/watched-store.ts';

const later = (milliseconds = 3_600_000): number => Date.now() + milliseconds;

const record = (text: string, rest: Partial<SessionRecord> = {}): SessionRecord => ({
	bytes: Buffer.from(text),
	expiresAt: later(),
	...rest,
});

const holding = async (given?: SessionRecord, store: Store = new MemoryStore()): Promise<Store> => {
	if (given) await store.create('key', given);
	return store;
};

const copies = async (from: Store, to: Store, isMirror: boolean): Promise<Outcome> => copy('key', {from, to, isMirror});

test('bytes, expiry and subject are copied unchanged, once', async t => {
	const given = record('\u0001data', {subject: 'ann'});
	const [from, to] = [await holding(given), watch(new MemoryStore())];
	t.is(await copies(from, to, false), 'copied');
	t.like(await to.read('key'), {expiresAt: given.expiresAt, subject: 'ann'});
	t.deepEqual(Buffer.from((await to.read('key'))?.bytes ?? []), given.bytes);

	to.calls.length = 0;
	t.is(await copies(from, to, false), 'present');
	t.is(await copies(from, to, true), 'present');
	t.deepEqual(to.calls, ['create', 'read', 'create', 'read'], 'nothing is written');
});

test('a target that has another state keeps it, unless the source wins', async t => {
	for (const change of [{bytes: Buffer.from('other')}, {expiresAt: later(1000)}, {subject: 'bob'}]) {
		const given = record('data', {subject: 'ann'});
		const [from, to] = [await holding(given), await holding({...given, ...change})];
		t.is(await copies(from, to, false), 'different');
		t.like(await to.read('key'), change);
		t.is(await copies(from, to, true), 'updated');
		t.like(await to.read('key'), {subject: 'ann', expiresAt: given.expiresAt});
		t.is(await copies(from, to, false), 'present');
	}
});

test.serial('a session that ended before or during its copy counts as ended', async t => {
	t.is(await copies(await holding(), new MemoryStore(), false), 'ended');

	const given = record('data');
	const [from, to] = [await holding(given), watch(new MemoryStore())];
	const clock = fakeClock(t);
	to.around = async (operation, call) => {
		if (operation === 'read') await clock.advance(given.expiresAt - clock.now());
		return call();
	};
	t.is(await copies(from, to, false), 'ended');
});

test('a copy that differs from what was written is a failure', async t => {
	const from = await holding(record('data', {subject: 'ann'}));
	const faults: Record<string, (written: SessionRecord) => SessionRecord> = {
		bytes: written => ({...written, bytes: written.bytes.subarray(1)}),
		expiry: written => ({...written, expiresAt: written.expiresAt + 1}),
		subject: ({bytes, expiresAt}) => ({bytes, expiresAt}),
	};
	for (const [what, fault] of Object.entries(faults)) {
		const to = broken(store => ({create: (key, written) => store.create(key, fault(written))}));
		await t.throwsAsync(copies(from, to, false), {message: /the copy differs from what was written/}, what);
	}

	const forgetful = broken(() => ({create: async () => noVersion}));
	await t.throwsAsync(copies(from, forgetful, false), {message: /the copy is missing after it was written/});
});

test('a session that is too large for the target is not sent there', async t => {
	const from = await holding(record('data'));
	const to = watch(Object.assign(new MemoryStore(), {maxBytes: 3}));
	await t.throwsAsync(copies(from, to, false), {message: 'it has 4 bytes, but the target takes at most 3'});
	t.deepEqual(to.calls, []);
});

test('a target that others write to at the same time is not overwritten blindly', async t => {
	const from = await holding(record('data'));
	const to = watch(await holding(record('theirs')));
	let writes = 0;
	to.around = async (operation, call) => {
		if (operation !== 'update' || writes++ > 1) return call();
		return 'conflict';
	};
	t.is(await copies(from, to, true), 'updated');
	t.is(writes, 3);

	to.around = async (operation, call) =>
		operation === 'create' ? undefined : operation === 'update' ? 'conflict' : call();
	const other = await holding(record('newer'));
	await t.throwsAsync(copies(other, to, true), {message: 'something else keeps writing to it in the target'});
});

test('only what the source lacks is removed', async t => {
	const given = record('data');
	const to = await holding(given);
	t.false(await remove('key', {from: await holding(given), to, isMirror: true}));
	t.truthy(await to.read('key'));
	t.true(await remove('key', {from: new MemoryStore(), to, isMirror: true}));
	t.is(await to.read('key'), undefined);
	t.false(await remove('key', {from: new MemoryStore(), to, isMirror: true}));
});
