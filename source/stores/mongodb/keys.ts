import type {Walk} from '../shared/walk.ts';
import type {Query, SessionCollection} from './collection.ts';

/** How many keys one command reads. */
export const walkStep = 1000;

const keysOnly = {projection: {_id: 1}} as const;

/** The keys of the documents that a filter finds, of any type. */
export const listKeys = async (
	sessions: SessionCollection,
	filter: Query,
	options: {readonly limit: number; readonly sort?: {_id: 1}},
): Promise<unknown[]> => {
	const keys: unknown[] = [];
	// All in one reply. One more than the limit, at which servers would keep the cursor open.
	const batchSize = options.limit + 1;
	for await (const {_id} of sessions.find(filter, {...keysOnly, ...options, batchSize})) keys.push(_id);
	return keys;
};

/** The next documents of a cursor. Fewer than `walkStep`: there are no more. */
export const nextDocuments = async (documents: AsyncIterator<Query>): Promise<Query[]> => {
	const page: Query[] = [];
	while (page.length < walkStep) {
		const {done, value} = await documents.next();
		if (done) break;
		page.push(value);
	}
	return page;
};

/** Walks the keys that begin with `prefix`, step by step, because a cursor would end if its server failed. */
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
