import {inspect} from 'node:util';
import {json} from '../../../source/codecs/json.ts';
import {SessionError} from '../../../source/errors.ts';
import type {Envelope} from '../../../source/testing/index.ts';
import type {FuzzedCodec} from '../codecs/fuzzed-codecs.ts';
import {readsGarbage} from './codec-faults.ts';

/** Keeps what faults take. */
const hoard: unknown[] = [];

const lends = (data: Record<string, unknown>): Envelope => ({createdAt: 0, permanent: true, data});

const faults: Readonly<Record<string, (stored: Uint8Array, error: unknown) => Envelope>> = {
	'crashes the process': () => process.abort(),
	'never ends': () => {
		for (;;) hoard.length = 0;
	},
	'takes 80 MB for bytes': () => lends({size: hoard.push(Buffer.alloc(80 * 2 ** 20))}),
	'takes more memory than there is': () => {
		for (;;) hoard.push(Array(1e6).fill(hoard));
	},
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
	'lends what cannot be stored': () => lends({method: () => 1}),
	'lends what changes when it is stored': () => lends(Object.create(null)),
};

/** Codecs that bad records harm, by what they do then. */
export const fuzzFaults: Readonly<Record<string, FuzzedCodec>> = {
	...Object.fromEntries(
		Object.entries(faults).map(([name, react]) => [name, {codec: readsGarbage(react), fragments: [Buffer.from('{')]}]),
	),
	'accepts a forgery': {codec: json(), fragments: [Buffer.from(' ')], isForgeryProof: true},
};
