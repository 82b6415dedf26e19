import {createHash} from 'node:crypto';

/**
Chooses the server for a key: each server draws a lot from its name and the key, and the highest wins.

Everyone who knows the same names makes the same choice, in whatever order the names are listed. A new server takes its
share from all others; when one is removed, only its share moves.
*/
export const choose = <Server>(key: string, servers: ReadonlyMap<string, Server>): Server => {
	const [only, another] = servers;
	if (only && !another) return only[1];

	const lots = Array.from(servers, ([name, server]) => ({server, lot: drawLot(name, key)}));
	return lots.reduce((winner, next) => (next.lot > winner.lot ? next : winner)).server;
};

const drawLot = (name: string, key: string): string => createHash('sha1').update(`${name} ${key}`).digest('hex');
