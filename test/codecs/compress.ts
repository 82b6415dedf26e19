import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {randomBytes} from 'node:crypto';
import {promisify} from 'node:util';
import {getHeapStatistics} from 'node:v8';
import zlib from 'node:zlib';
import test from 'ava';
import fc from 'fast-check';
import {type Codec, codec, open} from '../../source/codec.ts';
import {type Algorithm, methods} from '../../source/codecs/compress/algorithms.ts';
import {type CompressOptions, compress} from '../../source/codecs/compress.ts';
import {json} from '../../source/codecs/json.ts';
import {SessionError} from '../../source/errors.ts';
import type {Envelope} from '../../source/testing/index.ts';
import {codecConforms} from '../helpers/codecs/conforms.ts';
import {load, passBy, recordKey, save} from '../helpers/codecs/layer-passages.ts';
import {badRecords} from '../helpers/codecs/mutations.ts';
import {codecProperties} from '../helpers/codecs/properties.ts';
import {runs} from '../helpers/runs.ts';

const algorithms: readonly Algorithm[] = ['deflate-raw', 'brotli', 'zstd'];
const marks: Readonly<Record<Algorithm, number>> = {'deflate-raw': 1, brotli: 2, zstd: 3};
const undecodable = {instanceOf: SessionError, code: 'ERR_SESSION_UNDECODABLE'};
const tooLarge = {instanceOf: SessionError, code: 'ERR_SESSION_TOO_LARGE'};
const text = Buffer.from('pear '.repeat(1000));

const bytesOf = (value: Uint8Array | undefined): Buffer => Buffer.from(value ?? []);

/** A session with as many of these as fit into so many bytes of JSON, and spaces for the rest. */
const sessionOf = (item: string, size: number): Buffer => {
	const [start, end] = ['{"createdAt":1,"permanent":true,"data":{"a":[', ']}}'];
	const count = Math.floor((size - start.length - end.length + 1) / (item.length + 1));
	return Buffer.from(`${start}${`${item},`.repeat(count - 1)}${item}${end}`.padEnd(size));
};

/** What it takes to read a record and to see that it hasn't changed: microseconds of CPU, and bytes on the heap and off. */
const cost = (codec: Codec<Envelope>, stored: Uint8Array): {readonly time: number; readonly memory: number} => {
	const memory = () => {
		const {used_heap_size, external_memory} = getHeapStatistics();
		return used_heap_size + external_memory;
	};
	const [memoryBefore, timeBefore] = [memory(), process.threadCpuUsage()];
	const passage = open(codec, stored, {key: recordKey});
	const memoryAfter = memory();
	passage.close(passage.session);
	const {user, system} = process.threadCpuUsage(timeBefore);
	return {time: user + system, memory: memoryAfter - memoryBefore};
};

for (const algorithm of algorithms) {
	const compressed = codec(json(), compress({algorithm, threshold: 0}));
	codecConforms(() => compressed, {prefix: `${algorithm}: `});
	codecProperties(algorithm, compressed);
}

test('this Node has every algorithm', t => {
	t.deepEqual(
		methods.map(({name}) => name),
		algorithms,
	);
});

/** What version 1 makes of 'pear pear pear pear pear pear'. */
const vectors: Readonly<Record<string, string>> = {
	'as it was': '007065617220706561722070656172207065617220706561722070656172',
	'deflate-raw': '012b484d2c5228c0410000',
	brotli: '021b1c0000042672a4b106f9f760270a2d0f',
	zstd: '0328b52ffd201d5d00002870656172200100008b16',
};

for (const [name, record] of Object.entries(vectors))
	test(`what is stored stays readable by later versions: ${name}`, t => {
		t.is(bytesOf(load(compress(), Buffer.from(record, 'hex'))).toString(), 'pear pear pear pear pear pear');
	});

const anyOptions: fc.Arbitrary<CompressOptions> = fc.record({
	algorithm: fc.constantFrom(...algorithms),
	threshold: fc.constantFrom(0, 1, 64, 1024),
});

const anyBytes: fc.Arbitrary<Uint8Array> = fc.oneof(
	fc.uint8Array({maxLength: 300}),
	fc
		.tuple(fc.uint8Array({minLength: 1, maxLength: 20}), fc.nat(200))
		.map(([part, times]) => Buffer.concat(Array(times).fill(part))),
);

test('any bytes come back, whichever algorithm wrote them, and unchanged bytes are never compressed again', t => {
	fc.assert(
		fc.property(anyBytes, anyOptions, anyOptions, (bytes, writer, reader) => {
			const stored = save(compress(writer), bytes);
			assert.deepEqual(bytesOf(load(compress(reader), stored)), Buffer.from(bytes));
			assert.equal(passBy(compress(reader), stored), stored);
			assert.ok(stored.length <= bytes.length + 1, 'never more than a byte larger');
		}),
		{numRuns: runs(200, 1000)},
	);
	t.pass();
});

for (const algorithm of algorithms) {
	const layer = compress({algorithm});

	test(`${algorithm}: the first byte says what follows`, t => {
		const packed = save(layer, text);
		t.is(packed[0], marks[algorithm]);
		t.true(packed.length < text.length / 10);
		t.is(save(layer, text.subarray(0, 1023))[0], 0, 'fewer bytes than the threshold');
		t.is(save(layer, text.subarray(0, 1024))[0], marks[algorithm], 'as many');
		t.is(save(layer, randomBytes(5000))[0], 0, 'bytes that do not shrink');
	});

	test(`${algorithm}: a record cut off anywhere, or followed by anything, is refused`, t => {
		const stored = save(layer, text);
		for (let length = 1; length < stored.length; length++)
			t.throws(() => load(layer, stored.subarray(0, length)), undecodable, `${length} bytes`);
		for (const more of [Buffer.of(0), Buffer.from('garbage'), stored, stored.subarray(1)])
			t.throws(() => load(layer, Buffer.concat([stored, more])), undecodable);
	});

	test(`${algorithm}: a record that would become too large is refused without expanding it`, t => {
		const bomb = save(compress({algorithm, maxBytes: 2 ** 30}), Buffer.alloc(16 * 2 ** 20));
		t.true(bomb.length < 80_000);
		const before = process.memoryUsage().arrayBuffers;
		t.throws(() => load(layer, bomb), undecodable);
		t.true(process.memoryUsage().arrayBuffers - before < 8 * 2 ** 20);
	});

	test(`${algorithm}: \`maxBytes\` limits what is written as well as what is read`, t => {
		const limited = compress({algorithm, maxBytes: text.length});
		const stored = save(limited, text);
		t.deepEqual(bytesOf(load(limited, stored)), text);

		const larger = Buffer.concat([text, Buffer.of(0)]);
		t.throws(() => save(limited, larger), {...tooLarge, message: /takes 5001 bytes.*at most 5000.*`maxBytes`/});
		t.throws(() => load(limited, save(layer, larger)), {...undecodable, message: /5000.*raise `maxBytes`/});
		t.throws(() => load(limited, save(compress({threshold: 10_000}), larger)), undecodable, 'stored as it was');
	});

	test(`${algorithm}: by default, a session has at most 2 ** 20 bytes before it is compressed`, t => {
		const largest = sessionOf('[]', 2 ** 20);
		const stored = save(layer, largest);
		t.true(bytesOf(load(layer, stored)).equals(largest));

		const larger = Buffer.concat([largest, Buffer.from(' ')]);
		t.throws(() => save(layer, larger), {...tooLarge, message: /takes 1048577 bytes.*at most 1048576/});
		const unlimited = compress({algorithm, maxBytes: 2 ** 30});
		t.throws(() => load(layer, save(unlimited, larger)), undecodable);
		const bomb = save(unlimited, sessionOf('[]', 16 * 2 ** 20));
		t.true(bomb.length < 80_000, `${bomb.length} bytes`);
		t.throws(() => load(layer, bomb), undecodable);
	});

	test.serial(
		`${algorithm}: what a small record becomes takes little memory, and time in proportion to its size`,
		t => {
			const compressed = codec(json(), layer);
			// Empty arrays take the most memory for their bytes.
			const [small, large] = [2 ** 14, 2 ** 20].map(size => save(layer, sessionOf('[]', size)));
			assert.ok(small && large);
			// As many bytes either way, and in turns, since some machines count a thread's time in large steps.
			let [apart, together, memory] = [0, 0, Number.POSITIVE_INFINITY];
			for (let round = 0; round < 5; round++) {
				for (let count = 0; count < 64; count++) apart += cost(compressed, small).time;
				const whole = cost(compressed, large);
				together += whole.time;
				memory = Math.min(memory, whole.memory);
			}
			// In proportion, they take as long; with the square, one takes 64 times as long.
			t.true(together < 16 * Math.max(apart, 20_000), `${apart} µs apart, and ${together} µs together`);
			t.true(memory < 48 * 2 ** 20, `${memory} bytes`);
		},
	);

	test(`${algorithm}: a damaged record is refused, or read as what it says`, t => {
		fc.assert(
			fc.property(
				badRecords([save(layer, text), save(compress({algorithm, threshold: 0}), text)], [Buffer.from('pear')]),
				stored => {
					try {
						load(layer, stored);
					} catch (error) {
						assert.ok(error instanceof SessionError && error.code === 'ERR_SESSION_UNDECODABLE');
					}
				},
			),
			{numRuns: runs(200, 1000)},
		);
		t.pass();
	});
}

test('an empty record, and one of an unknown mark, are undecodable', t => {
	t.throws(() => load(compress(), new Uint8Array()), undecodable);
	for (let mark = 4; mark < 256; mark++)
		t.throws(() => load(compress(), Buffer.concat([Buffer.of(mark), zlib.deflateRawSync(text)])), undecodable);
});

test('an unchanged session stays as it is stored, even if another algorithm wrote it', t => {
	for (const writer of algorithms) {
		const stored = save(compress({algorithm: writer}), text);
		for (const algorithm of algorithms) t.is(passBy(compress({algorithm, threshold: 0}), stored), stored);
	}
});

test('options that cannot work fail at once, and the error says what would', t => {
	t.throws(() => compress({algorithm: 'gzip' as Algorithm}), {
		instanceOf: TypeError,
		message: /`algorithm` to be `deflate-raw`, `brotli`, `zstd`.*got `'gzip'`/,
	});
	for (const threshold of [-1, 0.5, Number.NaN, '1kB' as unknown as number])
		t.throws(() => compress({threshold}), {any: true, message: /`threshold` to be an integer from 0 up/});
	for (const maxBytes of [0, 1.5, Number.POSITIVE_INFINITY, 2 ** 30 + 1])
		t.throws(() => compress({maxBytes}), {instanceOf: RangeError, message: /`maxBytes` to be an integer from 1/});
});

test('without Zstandard in Node, asking for it fails at once, and records of the other algorithms are read', async t => {
	const program = `
		import zlib from 'node:zlib';
		delete zlib.zstdCompressSync;
		const {compress} = await import('./source/codecs/compress.ts');
		const {load, save} = await import('./test/helpers/codecs/layer-passages.ts');
		const attempt = work => { try { return String(work()); } catch (error) { return error.code ?? error.message; } };
		console.log(JSON.stringify([
			attempt(() => compress({algorithm: 'zstd'})),
			attempt(() => Buffer.from(load(compress(), save(compress({threshold: 0}), Buffer.from('pear'))))),
			attempt(() => load(compress(), Buffer.from('${vectors['zstd']}', 'hex'))),
		]));`;
	const {stdout} = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program]);
	t.deepEqual(JSON.parse(stdout), [
		`Expected \`algorithm\` to be \`deflate-raw\`, \`brotli\`, which is what Node ${process.version} has, got \`'zstd'\``,
		'pear',
		'ERR_SESSION_UNDECODABLE',
	]);
});
