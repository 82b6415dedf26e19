import {createHash} from 'node:crypto';
import type {RedisClient} from './client.ts';

/** A Lua script, and the hash under which Redis keeps it. */
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
		// A server that is new, restarted or flushed doesn't have the script. `EVAL` runs it and keeps it.
		if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
		return client.eval(lua, 1, key, ...args);
	}
};

/** Redis adds the time to live to its own clock, and refuses what goes over 64 bits. */
const longestTimeToLive = 2 ** 52;

/** The first two arguments of most scripts: the time by the clock of this machine, and what is left until `expiresAt`. */
export const times = (expiresAt: number): [now: number, timeToLive: number] => {
	const now = Date.now();
	return [now, Math.min(Math.ceil(expiresAt - now), longestTimeToLive)];
};
