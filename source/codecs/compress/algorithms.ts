import zlib from 'node:zlib';

/** How bytes may be compressed. */
export type Algorithm = 'deflate-raw' | 'brotli' | 'zstd';

/** An algorithm that this Node has. */
export type Method = {
	readonly name: Algorithm;

	/** The first byte of a record that it compressed. It never changes: records outlive versions. */
	readonly mark: number;

	compress(bytes: Uint8Array): Uint8Array;

	/** @throws For anything but the whole of what `compress()` returns for at most `maxBytes` bytes. */
	expand(packed: Uint8Array, maxBytes: number): Uint8Array;
};

/** A function of `node:zlib` that undoes another. */
type Inflate = (packed: Uint8Array, options: {readonly maxOutputLength: number; readonly info: boolean}) => unknown;

/** What those functions return with `info`. */
type Inflated = {readonly buffer: Uint8Array; readonly engine: {readonly bytesWritten: number}};

const expandBy =
	(inflate: Inflate): Method['expand'] =>
	(packed, maxBytes) => {
		const {buffer, engine} = inflate(packed, {maxOutputLength: maxBytes, info: true}) as Inflated;
		// All of them stop at the end of the packed bytes, and ignore what follows.
		if (engine.bytesWritten !== packed.length) throw new RangeError('Expected nothing after the packed bytes');
		return buffer;
	};

const {constants} = zlib;

// Each at its fast end: a request waits for it, and the slow end saves less than another tenth.
const deflate: Method = {
	name: 'deflate-raw',
	mark: 1,
	compress: bytes => zlib.deflateRawSync(bytes, {level: 1}),
	expand: expandBy(zlib.inflateRawSync),
};

const brotli: Method = {
	name: 'brotli',
	mark: 2,
	compress: bytes =>
		zlib.brotliCompressSync(bytes, {
			params: {[constants.BROTLI_PARAM_QUALITY]: 4, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length},
		}),
	expand: expandBy(zlib.brotliDecompressSync),
};

const zstd: Method = {
	name: 'zstd',
	mark: 3,
	compress: bytes => zlib.zstdCompressSync(bytes, {params: {[constants.ZSTD_c_compressionLevel]: 1}}),
	expand: expandBy((packed, options) => zlib.zstdDecompressSync(packed, options)),
};

/** What this Node has. Zstandard came with 22.15. */
export const methods: readonly Method[] = 'zstdCompressSync' in zlib ? [deflate, brotli, zstd] : [deflate, brotli];
