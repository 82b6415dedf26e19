import {createHash} from 'node:crypto';

/**
Chooses the server of a key: each draws a lot by its name and the key, and the highest wins.

All who know the same names choose alike, in whatever order they list them. A server more takes its share from all
others, and of one less only its own share moves.
*/
export const choose = <Server>(key: string, servers: ReadonlyMap<string, Server>): Server => {
	const lots = Array.from(servers, ([name, server]) => ({server, lot: drawLot(name, key)}));
	return lots.reduce((winner, next) => (next.lot > winner.lot ? next : winner)).server;
};

const drawLot = (name: string, key: string): string => createHash('sha1').update(`${name} ${key}`).digest('hex');
