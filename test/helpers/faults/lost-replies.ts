import assert from 'node:assert/strict';
import type {ExecutionContext} from 'ava';
import type {Store} from '../../../source/store.ts';
import {create, record, textOf, update} from '../stores/records.ts';
import {startProxy} from './proxy.ts';

/** Calls that each lose their first reply on the way. */
export type Lossy = {
	readonly proxy: Awaited<ReturnType<typeof startProxy>>;
	/** @param beforeItBreaks What others do between the first copy and the second one. */
	lossy<Result>(call: () => Promise<Result>, beforeItBreaks?: () => Promise<void>): Promise<Result>;
};

/** Puts a proxy before a server until the end of a test. */
export const startLossy = async (t: ExecutionContext, port: number): Promise<Lossy> => {
	const proxy = await startProxy(port);
	t.teardown(() => proxy.close());
	return {
		proxy,
		async lossy(call, beforeItBreaks) {
			const before = proxy.lost;
			proxy.loseNextReply(beforeItBreaks);
			try {
				return await call();
			} finally {
				assert.equal(proxy.lost, before + 1);
			}
		},
	};
};

/**
For a client that sends again what got no reply: each write counts as itself, however often it comes.

@param other A store on the same records whose replies arrive.
*/
export const survivesLostReplies = async (
	t: ExecutionContext,
	store: Store,
	lossy: Lossy['lossy'],
	key: string,
	other: Store,
): Promise<void> => {
	const first = await lossy(() => create(store, key, record('first')));
	t.is((await store.read(key))?.version, first);
	const second = await lossy(() => update(store, key, record('second'), first));
	t.is((await store.read(key))?.version, second);
	t.is(await textOf(store, key), 'second');
	t.true(await lossy(() => store.touch(key, record().expiresAt, second)));

	// A write of which nobody knows whether it came first is no conflict.
	const replace = async () => {
		const stored = await other.read(key);
		assert.ok(stored);
		await update(other, key, record(`${Buffer.from(stored.bytes)}, theirs`), stored.version);
	};
	await t.throwsAsync(lossy(() => store.update(key, record('mine'), second), replace));
	t.is(await textOf(store, key), 'mine, theirs');
	t.is(await store.update(key, record('late'), second), 'conflict');

	await lossy(() => store.delete(key));
	t.is(await store.read(key), undefined);
	await t.throwsAsync(lossy(() => store.create(key, record('mine')), replace));
	t.is(await textOf(store, key), 'mine, theirs');
	t.is(await store.create(key, record('late')), undefined);
};
