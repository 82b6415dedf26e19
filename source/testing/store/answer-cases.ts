import assert from 'node:assert/strict';
import {toVersion} from '../../store.ts';
import {create, lasting, makeKey} from './fixtures.ts';
import type {StoreCase} from './store-case.ts';

export const answerCases: readonly StoreCase[] = [
	{
		title: 'every method returns a promise, whatever it resolves with',
		async run(store, clock) {
			const [key, record] = [makeKey(), lasting(clock, 'a')];
			const returned: Readonly<Record<string, unknown>> = {
				read: store.read(key),
				create: store.create(key, record),
				update: store.update(key, record, toVersion('')),
				touch: store.touch(key, record.expiresAt, toVersion('')),
				delete: store.delete(key),
				...(store.prune && {prune: store.prune(1)}),
			};
			await Promise.allSettled(Object.values(returned));
			for (const [method, value] of Object.entries(returned)) {
				assert.equal(
					typeof (value as Partial<Promise<unknown>> | undefined)?.then,
					'function',
					`${method}() returns a promise`,
				);
			}
		},
	},
	{
		title: 'a version that the store never made is none of a record',
		needs: 'keeps',
		async run(store, clock) {
			const [key, record] = [makeKey(), lasting(clock, 'a')];
			await create(store, key, record);
			for (const version of ['', '0', 'conflict', 'missing', 'x'.repeat(200)].map(toVersion)) {
				assert.equal(await store.update(key, lasting(clock, 'b'), version), 'conflict');
				assert.equal(await store.touch(key, record.expiresAt, version), false);
				assert.equal(await store.delete(key, version), false);
			}
		},
	},
];
