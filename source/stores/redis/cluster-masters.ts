import {setTimeout} from 'node:timers/promises';
import {SessionError} from '../../errors.ts';
import {toText, unexpectedReply} from './script.ts';

const mostTries = 4;

/** How long to wait after the first try, in milliseconds. After each further one, longer. */
const pause = 20;

/** A client of a cluster. Both libraries name a server `host:port`. */
type ClusterClient<Master> = {
	/** Asks the cluster: `CLUSTER SLOTS`. */
	ask(): Promise<unknown>;

	/** Finds a master, by the cluster's name for it, among those that the client has connections to. */
	find(address: string): Master | undefined;

	/** Has the client ask the cluster, and connect to what it didn't know. */
	refresh(): Promise<unknown>;
};

/**
Finds all masters of a cluster.

What a client has connections to isn't that: it drops a master that has crashed, and takes a replica for one until a command
about its keys goes wrong.

@throws SessionError If a master is missing. Its keys would be too.
*/
export const findMasters = async <Master>({ask, find, refresh}: ClusterClient<Master>): Promise<readonly Master[]> => {
	for (let tries = 1; tries <= mostTries; tries++) {
		const found = all(addressesIn(await ask()).map(find));
		if (found) return found;
		if (tries === mostTries) break;
		await refresh();
		// Some clients don't wait for a refresh that is under way.
		await setTimeout(pause * tries);
	}
	throw new SessionError(
		'ERR_SESSION_STORE',
		'The client has no connection to a master that the cluster names. Try again once the cluster no longer changes',
	);
};

const all = <Item>(items: readonly (Item | undefined)[]): readonly Item[] | undefined =>
	items.every(item => item !== undefined) ? items : undefined;

const slots = 16_384;

/** Reads a reply to `CLUSTER SLOTS`: for each range its first slot, its last one, its master, and its replicas. */
const addressesIn = (reply: unknown): string[] => {
	if (!Array.isArray(reply)) throw unexpectedReply('a list of slots');
	let served = 0;
	const addresses = new Set<string>();
	for (const [first, last, master] of reply) {
		if (!Array.isArray(master)) throw unexpectedReply('the address of a master');
		served += Number(last) - Number(first) + 1;
		addresses.add(`${toText(master[0])}:${master[1]}`);
	}
	if (served === slots) return [...addresses];
	throw new SessionError(
		'ERR_SESSION_STORE',
		`Expected the cluster to serve all ${slots} slots, got ${served}. Repair it, since nobody finds the keys in the others`,
	);
};
