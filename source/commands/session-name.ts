import {text} from 'node:stream/consumers';
import type {SessionName} from '../records/session-name.ts';
import {hashId, isHandle, isId} from '../tokens/identifier.ts';
import {UsageError} from './command.ts';
import {handleIn} from './prefix-option.ts';

/** What may name a session, for `--help`. */
export const nameHelp = 'an id, a token, `handle:HANDLE`, or a key of the store; `-` reads it from standard input';

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

/** The store's key of a session. */
export const keyOf = (name: SessionName, prefix: string): string =>
	prefix + ('id' in name ? hashId(name.id) : name.handle);
