import {isSecret} from './secret.ts';

/** Everybody's password. The page shows it. Keep real ones as salted hashes, made with `crypto.scrypt`. */
export const password = 'open sesame';

export const longestName = 40;

/** Reads a name. `undefined` if it is empty or too long. */
export const readName = (text: string | null): string | undefined => {
	const name = (text ?? '').trim();
	return name !== '' && name.length <= longestName ? name : undefined;
};

export const isPassword = (text: string | null): boolean => isSecret(password, text ?? '');
