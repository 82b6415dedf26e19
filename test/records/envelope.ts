import test from 'ava';
import type {Codec, Envelope} from '../../source/codec.ts';
import {readEnvelope} from '../../source/records/envelope.ts';

const yielding = (part: object): Codec<Envelope> =>
	function* (stored) {
		yield {createdAt: 1, permanent: true, data: {}, ...part} as Envelope;
		return stored;
	};

test('what a codec yields in place of flash messages is undecodable', t => {
	for (const flashes of [undefined, {}, {a: ['info', 1]}]) {
		t.deepEqual(
			readEnvelope(yielding({flashes}), {bytes: Buffer.of(1)}, 'key').flashes,
			flashes as Envelope['flashes'],
		);
	}

	for (const flashes of [null, 1, 'a', {a: 1}, {a: null}, {a: {0: 'info'}}]) {
		t.throws(() => readEnvelope(yielding({flashes}), {bytes: Buffer.of(1)}, 'key'), {code: 'ERR_SESSION_UNDECODABLE'});
	}
});

test('what a codec yields in place of a binding is undecodable, and never counts as none', t => {
	for (const binding of [undefined, {key: 'x'}, {key: 'x', since: 1}]) {
		t.deepEqual(
			readEnvelope(yielding({binding}), {bytes: Buffer.of(1)}, 'key').binding,
			binding as Envelope['binding'],
		);
	}

	for (const binding of [null, 1, 'x', [], {}, {key: 1}, {key: 'x', since: 'now'}, {key: 'x', since: Number.NaN}]) {
		t.throws(() => readEnvelope(yielding({binding}), {bytes: Buffer.of(1)}, 'key'), {code: 'ERR_SESSION_UNDECODABLE'});
	}
});

test('what a codec yields in place of timeouts is undecodable', t => {
	const read = (timeouts: object) =>
		readEnvelope(
			function* (stored) {
				yield {createdAt: 1, permanent: true, data: {}, ...timeouts};
				return stored;
			},
			{bytes: Buffer.of(1)},
			'key',
		);
	for (const timeouts of [{idleTimeout: 1000}, {absoluteTimeout: 1000}, {absoluteTimeout: null}]) {
		t.like(read(timeouts), timeouts);
	}

	for (const wrong of [0, -1, Number.NaN, Infinity, '1000', '1d', {}, true]) {
		t.throws(() => read({idleTimeout: wrong}), {code: 'ERR_SESSION_UNDECODABLE'}, String(wrong));
		t.throws(() => read({absoluteTimeout: wrong}), {code: 'ERR_SESSION_UNDECODABLE'}, String(wrong));
	}
	t.throws(() => read({idleTimeout: null}), {code: 'ERR_SESSION_UNDECODABLE'});
});

test('a record whose bytes name another subject than stands beside them is undecodable', t => {
	const read = (inside: string | undefined, beside: string | undefined) =>
		readEnvelope(
			yielding(inside === undefined ? {} : {subject: inside}),
			{bytes: Buffer.of(1), subject: beside},
			'key',
		);
	t.is(read('ada', 'ada').subject, 'ada');
	t.is(read(undefined, undefined).subject, undefined);
	for (const [inside, beside] of [
		['ada', 'eve'],
		['ada', undefined],
		[undefined, 'ada'],
		['', undefined],
	] as const) {
		t.throws(() => read(inside, beside), {code: 'ERR_SESSION_UNDECODABLE'});
	}
});
