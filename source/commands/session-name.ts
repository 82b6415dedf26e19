import {text} from 'node:stream/consumers';
import {isHandle, isId} from '../identifier.ts';
import type {SessionName} from '../sessions.ts';
import {UsageError} from './command.ts';
import {handleIn} from './prefix-option.ts';

/** What may name a session, for `--help`. */
export const nameHelp =
	'an id, a token as in the cookie, `handle:` and a handle, a key of the store, or `-` to read either from standard input';

/**
Understands what names a session: an id or a token, which are secret; a handle or a whole key, which aren't.

An id and a handle look alike. So a handle says that it is one, and an id is never sent to a store.
*/
export const readName = async (argument: string, prefix: string): Promise<SessionName> => {
	const given = argument === '-' ? (await text(process.stdin)).trim() : argument;
	const handle = handleIn(given, 'handle:') ?? (prefix === '' ? undefined : handleIn(given, prefix));
	if (handle !== undefined) return {handle};

	const [id = '', signature] = given.split(/\.(.*)/s, 2);
	if (isId(id) && signature !== '') return {id};

	const wrongPrefix = isHandle(given.slice(-43)) ? '. The key begins with another prefix: give it by `--prefix`' : '';
	throw new UsageError(`Expected ${nameHelp}${wrongPrefix}`);
};
