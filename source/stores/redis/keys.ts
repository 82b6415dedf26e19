import {SessionError} from '../../errors.ts';
import type {Walk} from '../shared/walk.ts';
import type {RedisClient} from './client.ts';

/** How many keys a server looks at before it serves others. */
const walkStep = 1000;

/**
Walks the keys that begin with `prefix` and hold one value, on each server of a cluster.

`SCAN` may return a key twice. A cluster that moves slots during the walk may hide some.
*/
export async function* keys(client: RedisClient, prefix: string): Walk {
	// To the client, what `SCAN` takes and gives are no keys, so that it neither adds its own prefix nor takes it away.
	const clientsOwn = client.options?.keyPrefix ?? '';
	const pattern = `${clientsOwn}${prefix}`.replace(/[*?[\]\\^-]/g, '\\$&');
	const nodes = client.nodes?.('master') ?? [client];
	if (nodes.length === 0) throw new SessionError('ERR_SESSION_STORE', 'No master of the cluster can be reached');
	for (const node of nodes) {
		let cursor = '0';
		do {
			const args = [cursor, 'MATCH', `${pattern}*`, 'COUNT', String(walkStep), 'TYPE', 'string'];
			const [next, found] = (await node.call('SCAN', ...args)) as [string, string[]];
			yield found.map(key => key.slice(clientsOwn.length));
			cursor = next;
		} while (cursor !== '0');
	}
}
