import assert from 'node:assert/strict';
import type {ExecutionContext} from 'ava';
import type {Store} from '../../../source/store.ts';
import {create, record, textOf, update} from '../stores/records.ts';
import {startProxy} from './proxy.ts';

/** Calls that each lose their first reply on the way. */
export type Lossy = {
	readonly proxy: Awaited<ReturnType<typeof startProxy>>;
	lossy<Result>(call: () => Promise<Result>): Promise<Result>;
};

/** Puts a proxy before a server until the end of a test. */
export const startLossy = async (t: ExecutionContext, port: number): Promise<Lossy> => {
	const proxy = await startProxy(port);
	t.teardown(() => proxy.close());
	return {
		proxy,
		async lossy(call) {
			const before = proxy.lost;
			proxy.loseNextReply();
			try {
				return await call();
			} finally {
				assert.equal(proxy.lost, before + 1);
			}
		},
	};
};

/** For a client that sends again what got no reply: each write counts as itself, however often it comes. */
export const survivesLostReplies = async (
	t: ExecutionContext,
	store: Store,
	lossy: Lossy['lossy'],
	key: string,
): Promise<void> => {
	const first = await lossy(() => create(store, key, record('first')));
	t.is((await store.read(key))?.version, first);
	const second = await lossy(() => update(store, key, record('second'), first));
	t.is((await store.read(key))?.version, second);
	t.is(await textOf(store, key), 'second');
	t.is(await lossy(() => store.update(key, record('late'), first)), 'conflict');
	t.is(await lossy(() => store.create(key, record('late'))), undefined);
	t.true(await lossy(() => store.touch(key, record().expiresAt, second)));
	await lossy(() => store.delete(key));
	t.is(await store.read(key), undefined);
};
