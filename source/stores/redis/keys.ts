import type {Walk} from '../shared/walk.ts';
import type {RedisCommands} from './commands.ts';
import {followCursor} from './cursor.ts';
import {toText, toTexts, unexpectedReply} from './script.ts';

/** How many keys a server looks at in one command. */
const walkStep = 1000;

/**
Walks the keys that begin with `prefix` and hold one value, on each server of a cluster.

`SCAN` may give a key twice. A cluster that moves slots at the same time may hide some.
*/
export async function* keys(commands: RedisCommands, prefix: string): Walk {
	// The client doesn't treat what `SCAN` takes and gives as keys, so it neither adds its prefix nor removes it.
	const clientsOwn = await commands.prefix(prefix);
	const pattern = `${clientsOwn}${prefix}`.replace(/[*?[\]\\^-]/g, '\\$&');
	for (const server of await commands.masters(prefix)) {
		const ask = async (cursor: string) => {
			const args = [cursor, 'MATCH', `${pattern}*`, 'COUNT', String(walkStep), 'TYPE', 'string'];
			const reply = await server.call('SCAN', ...args);
			if (!Array.isArray(reply)) throw unexpectedReply('a cursor and a list');
			return {next: toText(reply[0]), found: toTexts(reply[1]).map(key => key.slice(clientsOwn.length))};
		};
		// Not again from the beginning: who counts sessions would count them twice, and nobody holds all keys.
		yield* followCursor({ask, breaks: server.breaks, canRepeat: false});
	}
}
