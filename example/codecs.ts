import {hkdfSync} from 'node:crypto';
import {encrypt} from '../source/codecs/encrypt.ts';
import {msgpack} from '../source/codecs/msgpack.ts';
import {type Codec, codec, type Envelope, json} from '../source/index.ts';
import type {KeyFile} from './keys.ts';
import {readLines, writeLines} from './lines.ts';
import type {Visit} from './visit.ts';

/** A codec that one can switch to. */
export type CodecName = 'json' | 'encrypted';

/** A record begins with one byte that counts them. */
const mostCodecs = 255;

/**
All codecs that this application has used so far, the oldest first, in a file.

The file is to the example what its source is to an application of your own, where a switch is one entry more in the
list and a deployment. The list only grows: a record names the one that wrote it by its place.
*/
export class CodecFile {
	readonly #path: string;
	readonly #make: Readonly<Record<CodecName, () => Codec<Envelope<Visit>>>>;
	#names: readonly CodecName[];

	constructor(path: string, encryptionKeys: KeyFile) {
		this.#path = path;
		this.#make = {
			json,
			// No `compress()`: a session holds a secret beside what visitors type, and its length would tell on the secret.
			encrypted: () =>
				codec(
					msgpack(),
					encrypt(() => encryptionKeys.keys),
				),
		};
		this.#names = read(path);
	}

	get names(): readonly CodecName[] {
		return this.#names;
	}

	/** The one that writes. */
	get newest(): CodecName {
		return this.#names.at(-1) ?? 'json';
	}

	get isFull(): boolean {
		return this.#names.length >= mostCodecs;
	}

	/** What the option `codec` takes: of each name as many codecs as places, so that its latest one writes. */
	get codecs(): readonly Codec<Envelope<Visit>>[] {
		return this.#names.map(name => this.#make[name]());
	}

	/** Lets another codec write from the next start on. It is in the file before it writes anything, so that no crash loses it. */
	add(name: CodecName): void {
		const names = [...this.#names, name];
		writeLines(this.#path, names);
		this.#names = names;
	}

	/** The codec that wrote a record. */
	nameOf(record: Uint8Array): CodecName | undefined {
		return this.#names[(record[0] ?? 0) - 1];
	}

	/** Tells which codec and which key wrote a record; `undefined` if none of the list did. */
	writerOf(record: Uint8Array): string | undefined {
		const name = this.nameOf(record);
		return name && (name === 'encrypted' ? `${record[0]} ${keyIdIn(record)}` : `${record[0]}`);
	}
}

/** Names an encryption key, as `encrypt()` writes it into every record. Tells nothing else of the key. */
export const keyId = (key: string): string =>
	Buffer.from(hkdfSync('sha256', key, '', 'koa-server-session key id', 4)).toString('hex');

/** The name of the key in a record: behind the byte of the codec and the one of the format. */
const keyIdIn = (record: Uint8Array): string => Buffer.from(record.subarray(2, 6)).toString('hex');

const read = (path: string): readonly CodecName[] => {
	const names = readLines(path);
	if (names.length === 0) return ['json'];
	if (names.length <= mostCodecs && names.every(isCodecName)) return names;
	throw new RangeError(
		`Expected ${path} to hold up to ${mostCodecs} lines, each \`json\` or \`encrypted\`. Mend it: without it, all sessions end`,
	);
};

/** Tells whether a text names a codec. */
export const isCodecName = (text: unknown): text is CodecName => text === 'json' || text === 'encrypted';
