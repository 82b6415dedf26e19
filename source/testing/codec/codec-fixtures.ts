import assert from 'node:assert/strict';
import {type Codec, type CodecContext, open} from '../../codec.ts';
import type {Envelope} from './codec-case.ts';

/** The record that cases read and write, unless they need another one. */
export const context: CodecContext = {key: 'session:gV3lBx0hYb7k2v5mQq1nTz8wR4sJ6uKc9dEfAoPiLMU'};

/** What no message may contain. */
export const secret = 'correct horse battery staple';

/** A session with this data. */
export const envelope = (data: Record<string, unknown>): Envelope => ({
	createdAt: 1_767_225_600_000,
	permanent: true,
	data,
});

/** Encodes a session that isn't stored yet. */
export const encode = (codec: Codec<Envelope>, session: Envelope, {key} = context): Uint8Array => {
	const kept = open(codec, undefined, {key}).close(session);
	assert.ok(kept instanceof Uint8Array, 'a session to keep becomes bytes');
	return kept;
};

/** What stored bytes decode to. */
export const decode = (codec: Codec<Envelope>, stored: Uint8Array, {key} = context): Envelope => {
	const passage = open(codec, stored, {key});
	passage.abort();
	assert.ok(passage.session, 'stored bytes become a session');
	return passage.session;
};

/** Stores a session, changes it in a later passage, and returns what that stored. */
export const change = (codec: Codec<Envelope>, session: Envelope, apply: (session: Envelope) => Envelope): Envelope => {
	const stored = encode(codec, session);
	const passage = open(codec, stored, context);
	assert.ok(passage.session, 'stored bytes become a session');
	const kept = passage.close(apply(passage.session));
	assert.ok(kept, 'a changed session is kept');
	assert.notEqual(kept, stored, 'a change makes other bytes');
	return decode(codec, kept);
};
