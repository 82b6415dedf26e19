import type {ExecutionContext} from 'ava';
import type {SessionRecord, Store} from '../../../source/store.ts';

/** The records that are pinned, by their keys. They end in the year 2100. */
export const pinnedRecords: Readonly<Record<string, SessionRecord>> = {
	'session:gV3lBx0hYb7k2v5mQq1nTz8wR4sJ6uKc9dEfAoPiLMU': {
		bytes: Uint8Array.from({length: 256}, (_, octet) => octet),
		expiresAt: 4_102_444_800_123,
		subject: 'Ann 日本語 🍐',
	},
	"session:!#$%&'()*+,-./:;<=>?@[]^_`{|}~": {bytes: Buffer.from('pinned'), expiresAt: 4_102_444_800_000},
};

/** A place in a backend: a store on it, and what lies there. */
export type Place<Pin = unknown> = {
	readonly store: Store;

	/** Makes what a store needs there, such as a table. Not before `restore()`, which makes what an earlier version made. */
	prepare?(): Promise<void>;

	/** Reads what lies there, as JSON. */
	capture(): Promise<Pin>;

	/** Puts there what was captured. */
	restore(pin: Pin): Promise<void>;
};

/** Makes an empty place. */
export type MakePlace<Pin = unknown> = (t: ExecutionContext) => Promise<Place<Pin>>;

export const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
export const fromBase64 = (text: string): Buffer => Buffer.from(text, 'base64');
