import assert from 'node:assert/strict';
import {type Codec, codec, type Layer, open, type Passage, type Stored} from '../../../source/codec.ts';

/** The record that tests of layers read and write, unless they need another one. */
export const recordKey = 'session:gV3lBx0hYb7k2v5mQq1nTz8wR4sJ6uKc9dEfAoPiLMU';

/** A codec whose sessions are bytes, so that only the layer around it does anything. */
export const bytes: Codec<Uint8Array> = function* (stored): Passage<Uint8Array> {
	const kept = yield stored && Uint8Array.from(stored);
	return stored && kept && Buffer.compare(stored, kept) === 0 ? stored : kept;
};

/** What a layer stores for these bytes. */
export const save = (layer: Layer, inner: Uint8Array, key = recordKey): Uint8Array => {
	const stored = open(codec(bytes, layer), undefined, {key}).close(inner);
	assert.ok(stored);
	return stored;
};

/** The bytes that a layer returns for a record. */
export const load = (layer: Layer, stored: Uint8Array, key = recordKey): Uint8Array | undefined => {
	const passage = open(codec(bytes, layer), stored, {key});
	passage.abort();
	return passage.session;
};

/** Reads a record and gives back what it holds, as a request that changes nothing. */
export const passBy = (layer: Layer, stored: Uint8Array, key = recordKey): Stored => {
	const passage = open(codec(bytes, layer), stored, {key});
	return passage.close(passage.session);
};
