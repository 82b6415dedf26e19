import type {KeyFile} from './keys.ts';
import {isSecret} from './secret.ts';

/** Everybody's password. The page shows it. Keep real ones as salted hashes, made with `crypto.scrypt`. */
export const password = 'open sesame';

/**
The name of the operator, whose password is random and in a file.

So the operator is a person who can read the files of the server. Nothing that a browser sends, and no name that looks alike,
makes one.
*/
export const operatorName = 'operator';

export const longestName = 40;

/** Reads a name. `undefined` if it is empty or too long. */
export const readName = (text: string | null): string | undefined => {
	const name = (text ?? '').trim();
	return name !== '' && name.length <= longestName ? name : undefined;
};

/** Whether it is the password of this name. */
export const isPassword = (name: string, text: string | null, operatorPasswords: KeyFile): boolean => {
	const passwords = name === operatorName ? operatorPasswords.keys : [password];
	return passwords.some(right => isSecret(right, text ?? ''));
};
