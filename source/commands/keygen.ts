import {randomBytes} from 'node:crypto';
import type {Command} from './command.ts';

/** Makes a key for signing or for encryption. */
export const keygen: Command = {
	summary: 'Print a new random key of 32 bytes, in base64url, for `keys` or for `encrypt()`',
	options: {},
	run() {
		const key = randomBytes(32).toString('base64url');
		return {text: key, data: {key}};
	},
};
