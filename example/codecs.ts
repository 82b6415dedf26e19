import {hkdfSync} from 'node:crypto';
import {encrypt} from '../source/codecs/encrypt.ts';
import {msgpack} from '../source/codecs/msgpack.ts';
import {type Codec, codec, type Envelope, json} from '../source/index.ts';
import type {KeyFile} from './keys.ts';
import {readLines, writeLines} from './lines.ts';
import type {Visit} from './visit.ts';

/** A codec to switch to. */
export type CodecName = 'json' | 'encrypted';

/** A record names its codec in a single byte, of which two values mean something else. */
const mostCodecs = 254;

/**
All codecs that this application has used so far, oldest first, in a file.

In your application, the list is part of the source code, and a switch is a new entry and a deployment. The list only grows:
a record names its codec by the codec's position in the list.
*/
export class CodecFile {
	readonly #path: string;
	readonly #make: Readonly<Record<CodecName, () => Codec<Envelope<Visit>>>>;
	#names: readonly CodecName[];

	constructor(path: string, encryptionKeys: KeyFile) {
		this.#path = path;
		this.#make = {
			json,
			// No `compress()`: a session holds a secret next to text from visitors, and its length would reveal the secret.
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

	/** The codec that writes. */
	get newest(): CodecName {
		return this.#names.at(-1) ?? 'json';
	}

	get isFull(): boolean {
		return this.#names.length >= mostCodecs;
	}

	/** The `codec` option. Two `json()` count as one codec. Two encrypted ones don't, since each has its own function for keys. */
	get codecs(): readonly Codec<Envelope<Visit>>[] {
		return this.#names.map(name => this.#make[name]());
	}

	/** Adds the codec that writes from now on. It is saved to the file first, so that a crash can't lose it. */
	add(name: CodecName): void {
		const names = [...this.#names, name];
		writeLines(this.#path, names);
		this.#names = names;
	}

	/** The codec that wrote a record. */
	nameOf(record: Uint8Array): CodecName | undefined {
		return this.#names[(record[0] ?? 0) - 1];
	}

	/** Names the codec and the key that wrote a record. `undefined` if the codec isn't in the list. */
	writerOf(record: Uint8Array): string | undefined {
		const name = this.nameOf(record);
		return name && (name === 'encrypted' ? `${record[0]} ${keyIdIn(record)}` : `${record[0]}`);
	}
}

/** The id of an encryption key, as `encrypt()` writes it into every record. It reveals nothing else about the key. */
export const keyId = (key: string): string =>
	Buffer.from(hkdfSync('sha256', key, '', 'koa-server-session key id', 4)).toString('hex');

/** The id of the key in a record. It follows the byte of the codec and the byte of the format. */
const keyIdIn = (record: Uint8Array): string => Buffer.from(record.subarray(2, 6)).toString('hex');

const read = (path: string): readonly CodecName[] => {
	const names = readLines(path);
	if (names.length === 0) return ['json'];
	if (names.length <= mostCodecs && names.every(isCodecName)) return names;
	throw new RangeError(
		`Expected ${path} to hold up to ${mostCodecs} lines, each \`json\` or \`encrypted\`. Repair the file: without it, all sessions end`,
	);
};

/** Whether a text names a codec. */
export const isCodecName = (text: unknown): text is CodecName => text === 'json' || text === 'encrypted';
