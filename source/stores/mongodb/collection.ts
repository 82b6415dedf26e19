import {SessionError} from '../../errors.ts';

/** A filter or an update, in MongoDB's own language. */
export type Query = Readonly<Record<string, unknown>>;

/** How many documents a filter found. The types of the driver's first version 6 don't promise a number. */
type WriteResult = {readonly matchedCount?: unknown};

type DeleteResult = {readonly deletedCount?: unknown};

/** Reads how many documents a command found. A driver that doesn't say so must not count as one that says "none". */
export const toCount = ({matchedCount, deletedCount = matchedCount}: WriteResult & DeleteResult): number => {
	if (typeof deletedCount === 'number') return deletedCount;
	throw new SessionError(
		'ERR_SESSION_STORE',
		"The MongoDB client doesn't say how many documents a write found. Pass in a `MongoClient` of `mongodb` 5 or newer, or a URL",
	);
};

/** What `MongoStore` needs of a collection; each call is one command, and those of the driver fit. */
export interface SessionCollection {
	findOne(filter: Query, options?: {projection: Query}): Promise<Query | null>;
	find(
		filter: Query,
		options: {projection: Query; limit?: number; batchSize?: number; sort?: {_id: 1}},
	): AsyncIterable<Query>;
	replaceOne(filter: Query, document: Query, options?: {upsert: true}): Promise<WriteResult>;
	updateOne(filter: Query, update: Query): Promise<WriteResult>;
	deleteOne(filter: Query): Promise<DeleteResult>;
	deleteMany(filter: Query): Promise<DeleteResult>;
	createIndexes(indexes: {key: Record<string, 1>; expireAfterSeconds?: number; sparse?: true}[]): Promise<unknown>;
}

/**
What the collection of sessions needs, whatever the client's settings are.

A secondary may be late, and a session that has just ended would still be there. So would a session whose end only a
primary knew that then failed. The primary's state has every write that was acknowledged.
*/
export const collectionOptions = {
	readPreference: 'primary',
	readConcern: {level: 'local'},
	// Without a time limit, a server that lost its majority would keep every write waiting.
	writeConcern: {w: 'majority', wtimeoutMS: 5000},
	// How documents and replies are written and read.
	raw: false,
	promoteValues: true,
	promoteBuffers: true,
	promoteLongs: true,
	useBigInt64: false,
	bsonRegExp: false,
	fieldsAsRaw: {},
	ignoreUndefined: false,
	serializeFunctions: false,
} as const;
