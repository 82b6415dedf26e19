import {text} from 'node:stream/consumers';
import type {SessionName} from '../records/session-name.ts';
import {handleOf, isHandle, isId} from '../tokens/identifier.ts';
import {UsageError} from './command.ts';
import {handleIn} from './prefix-option.ts';

/** What can name a session, for `--help`. */
export const nameHelp = 'an id, a token, `handle:HANDLE`, or a key in the store; `-` reads it from standard input';

/**
Reads the name of a session: an id or a token, which are secret, or a handle or a whole key, which aren't.

An id and a handle look the same. So a handle must be marked as one, and an id is never sent to a store.
*/
export const readName = async (argument: string, prefix: string): Promise<SessionName> => {
	const given = argument === '-' ? (await text(process.stdin)).trim() : argument;
	const handle = handleIn(given, 'handle:') ?? (prefix === '' ? undefined : handleIn(given, prefix));
	if (handle !== undefined) return {handle};

	const [id = '', signature] = given.split(/\.(.*)/s, 2);
	if (isId(id) && signature !== '') return {id};

	const wrongPrefix = isHandle(given.slice(-43))
		? '. If this is a key with another prefix, pass that with `--prefix`'
		: '';
	throw new UsageError(`Expected ${nameHelp}${wrongPrefix}`);
};

/** The store's key of a session. */
export const keyOf = (name: SessionName, prefix: string): string =>
	prefix + ('id' in name ? handleOf(name.id) : name.handle);
