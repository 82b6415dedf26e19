import {createHash} from 'node:crypto';
import type {RedisClient} from './client.ts';

/** A Lua script with the name that Redis keeps it under. */
export type Script = {readonly lua: string; readonly sha1: string};

export const script = (lua: string): Script => ({lua, sha1: createHash('sha1').update(lua).digest('hex')});

/** Runs a script on one key. */
export const run = async (
	client: RedisClient,
	{lua, sha1}: Script,
	key: string,
	...args: readonly (string | number | Buffer)[]
): Promise<unknown> => {
	try {
		return await client.evalsha(sha1, 1, key, ...args);
	} catch (error) {
		// A server that is new, restarted or flushed doesn't know the script; `EVAL` runs and keeps it.
		if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
		return client.eval(lua, 1, key, ...args);
	}
};

/** Redis adds the time to live to its own clock, and refuses what goes over 64 bits. */
const longestTimeToLive = 2 ** 52;

/** The first two arguments of most scripts: the time by our clock, and what is left until `expiresAt` by it. */
export const times = (expiresAt: number): [now: number, timeToLive: number] => {
	const now = Date.now();
	return [now, Math.min(Math.ceil(expiresAt - now), longestTimeToLive)];
};
