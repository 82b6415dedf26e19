import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import {type Codec, open} from '../../../source/codec.ts';
import type {Envelope} from '../../../source/testing/index.ts';
import {runs} from '../runs.ts';
import {anyData} from './session-arbitraries.ts';

const context = {key: 'session:key'};

const envelope = (data: Record<string, unknown>): Envelope => ({createdAt: 1, permanent: true, data});

/** Tests with pairs of random sessions that a codec keeps whatever a session can hold. */
export const codecProperties = (name: string, codec: Codec<Envelope>): void => {
	test(`${name}: every session comes back as it was, unchanged or changed to any other`, t => {
		fc.assert(
			fc.property(anyData, anyData, (data, other) => {
				const stored = open(codec, undefined, context).close(envelope(data)) as Uint8Array;
				const reading = open(codec, stored, context);
				assert.deepStrictEqual(reading.session, envelope(data));
				assert.equal(reading.close(reading.session), stored);

				const changed = open(codec, stored, context).close(envelope(other));
				const again = open(codec, changed, context);
				again.abort();
				assert.deepStrictEqual(again.session, envelope(other));
			}),
			{numRuns: runs(100, 1000)},
		);
		t.pass();
	});
};
