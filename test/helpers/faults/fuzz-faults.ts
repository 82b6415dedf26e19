import {inspect} from 'node:util';
import {json} from '../../../source/codecs/json.ts';
import {SessionError} from '../../../source/errors.ts';
import type {Envelope} from '../../../source/testing/index.ts';
import type {FuzzedCodec} from '../codecs/fuzzed-codecs.ts';
import {readsGarbage} from './codec-faults.ts';

/** Keeps what faults take. */
const hoard: unknown[] = [];

const holding = (data: Record<string, unknown>): Envelope => ({createdAt: 0, permanent: true, data});

type Reaction = (stored: Uint8Array, error: unknown) => Envelope;

/** What harms the process itself. */
const deadly: Readonly<Record<string, Reaction>> = {
	'crashes the process': () => process.abort(),
	'never ends': () => {
		for (;;) hoard.length = 0;
	},
	'takes 80 MB for bytes': () => holding({size: hoard.push(Buffer.alloc(80 * 2 ** 20))}),
	'takes more memory than there is': () => {
		for (;;) hoard.push(Array(1e6).fill(hoard));
	},
};

const harmful: Readonly<Record<string, Reaction>> = {
	'changes a prototype': (_stored, error) => {
		Object.defineProperty(Object.prototype, 'polluted', {value: true, configurable: true});
		throw error;
	},
	'throws another error': (_stored, error) => {
		throw new TypeError('Unexpected token', {cause: error});
	},
	'quotes data': stored => {
		throw new SessionError('ERR_SESSION_UNDECODABLE', `Unexpected end of ${Buffer.from(stored)}`);
	},
	'quotes data as the cause': stored => {
		throw new SessionError('ERR_SESSION_UNDECODABLE', 'Unexpected end', {
			cause: inspect(Buffer.from(stored).toString()),
		});
	},
	'yields what cannot be stored': () => holding({method: () => 1}),
	'yields what changes when it is stored': () => holding(Object.create(null)),
};

const codecsWith = (reactions: Readonly<Record<string, Reaction>>): Readonly<Record<string, FuzzedCodec>> =>
	Object.fromEntries(
		Object.entries(reactions).map(([name, react]) => [
			name,
			{codec: readsGarbage(react), fragments: [Buffer.from('{')]},
		]),
	);

/** Codecs that bad records make harm the process, by what they do then. */
export const deadlyFuzzFaults = codecsWith(deadly);

/** Codecs that bad records make do another harm, by what that is. */
export const fuzzFaults: Readonly<Record<string, FuzzedCodec>> = {
	...codecsWith(harmful),
	'accepts a forgery': {codec: json(), fragments: [Buffer.from(' ')], isForgeryProof: true},
};
