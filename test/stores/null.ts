import test from 'ava';
import {SessionError} from '../../source/errors.ts';
import type {Store} from '../../source/store.ts';
import {NullStore} from '../../source/stores/null.ts';
import {conforms, realTime} from '../helpers/stores/conforms.ts';
import {noVersion} from '../helpers/stores/records.ts';

// In real time, since what it is asked for in vain has no lifetime.
conforms(() => new NullStore(), {}, {time: realTime()});

const record = {bytes: new Uint8Array(), expiresAt: Date.now() + 60_000};

test('a write is refused with an error that names the option and two stores', async t => {
	const store: Store = new NullStore();
	for (const write of [store.create('key', record), store.update('key', record, noVersion)]) {
		const error = await t.throwsAsync(write, {instanceOf: SessionError, code: 'ERR_SESSION_NO_STORE'});
		t.regex(error.message, /`store` option.*'file:.*'redis:/);
	}
	t.false(await store.touch('key', record.expiresAt, noVersion));
	t.false(await store.delete('key', noVersion));
});
