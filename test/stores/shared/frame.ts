import test from 'ava';
import fc from 'fast-check';
import {decodeFrame, encodeFrame, longestFrameHead} from '../../../source/stores/shared/frame.ts';
import {drawVersion} from '../../../source/stores/shared/version.ts';

const record = fc.record(
	{
		bytes: fc.uint8Array(),
		expiresAt: fc.oneof(fc.integer(), fc.double({noNaN: true})),
		subject: fc.string({unit: 'grapheme'}),
	},
	{requiredKeys: ['bytes', 'expiresAt']},
);

test('a frame gives back the record and the version that it was made of', t => {
	fc.assert(
		fc.property(record, record => {
			const version = drawVersion();
			const frame = encodeFrame(record, version);
			const decoded = decodeFrame(frame);
			const bytes = new Uint8Array(decoded?.bytes ?? []);
			t.deepEqual({...decoded, bytes}, {...record, subject: record.subject, version});
		}),
	);
});

test('any other value is no frame, or one that reads within its bounds', t => {
	fc.assert(
		fc.property(fc.uint8Array({maxLength: 64}), octets => {
			const value = Buffer.from(octets);
			const record = decodeFrame(value);
			t.true(record === undefined || record.bytes.length <= value.length - 18);
			if (value.length < 18) t.is(record, undefined);
		}),
	);
});

test('a subject has a longest length, and a frame is never larger than said', t => {
	const of = (length: number) =>
		encodeFrame({bytes: Buffer.alloc(3), expiresAt: 0, subject: 'é'.repeat(length / 2)}, drawVersion());
	t.is(of(65_534).length, longestFrameHead + 3);
	t.throws(() => of(65_536), {
		instanceOf: RangeError,
		message: 'Expected `subject` to be at most 65534 bytes long, got 65536',
	});
});
