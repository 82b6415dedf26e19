import type {Walk} from '../shared/walk.ts';
import type {Query, SessionCollection} from './collection.ts';

/** How many keys come at once. */
export const walkStep = 1000;

const keysOnly = {projection: {_id: 1}} as const;

/** The keys of so many documents that a filter finds, of whatever type. */
export const listKeys = async (
	sessions: SessionCollection,
	filter: Query,
	options: {readonly limit: number; readonly sort?: {_id: 1}},
): Promise<unknown[]> => {
	const keys: unknown[] = [];
	for await (const {_id} of sessions.find(filter, {...keysOnly, ...options})) keys.push(_id);
	return keys;
};

/** Walks the keys that begin with `prefix`, step by step: a cursor would end with the server that has it. */
export async function* walkKeys(
	ask: (question: (sessions: SessionCollection) => Promise<unknown[]>) => Promise<unknown[]>,
	prefix: string,
): Walk {
	let keys: string[] = [];
	do {
		const last = keys.at(-1) ?? '';
		// Keys are ASCII, and `\x7F` is its last character.
		const filter = {_id: {$gte: prefix, $gt: last, $lt: `${prefix}\x7F`}};
		keys = (await ask(sessions => listKeys(sessions, filter, {limit: walkStep, sort: {_id: 1}}))).map(String);
		yield keys;
	} while (keys.length === walkStep);
}
