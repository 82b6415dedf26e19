import type {Codec, Envelope} from '../codec.ts';
import {SessionError} from '../errors.ts';
import {encodeNew, type State} from './stored-session.ts';

/** How many keys the error names, and how many characters of each. */
const named = 3;
const longestName = 50;

/** Makes the error for a session over the store's limit. It names the largest keys of the data. */
export const tooLarge = (
	codec: Codec<Envelope>,
	key: string,
	bytes: Uint8Array,
	maxBytes: number,
	state: State,
): SessionError => {
	const sizeOf = (data: State['data']): number => {
		try {
			return encodeNew(codec, key, {...state, data, flashes: undefined})?.length ?? 0;
		} catch {
			// A codec that validates may refuse a part of the session. `node:v8` isn't imported: few processes need it.
			return process.getBuiltinModule('node:v8').serialize(data).length;
		}
	};
	const largest = Object.entries({...state.data, ...(state.flashes && {flashes: state.flashes})})
		.map(([name, value]) => ({name, size: sizeOf({[name]: value})}))
		.sort((left, right) => right.size - left.size)
		.slice(0, named)
		.map(({name, size}) => `\`${name.slice(0, longestName)}\` (${size})`);

	return new SessionError(
		'ERR_SESSION_TOO_LARGE',
		`The session takes ${bytes.length} bytes, but its store holds at most ${maxBytes}. ` +
			`Its largest keys, in bytes: ${largest.join(', ')}. Keep large things elsewhere`,
	);
};
