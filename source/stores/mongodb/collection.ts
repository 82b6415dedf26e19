/** A filter or an update, in MongoDB's own language. */
export type Query = Readonly<Record<string, unknown>>;

/** How many documents a filter found. The first driver of version 6 doesn't promise a number. */
type WriteResult = {matchedCount?: unknown};

type DeleteResult = {deletedCount: number};

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
What our collection needs, whatever the client does with other ones.

A secondary may be late, and a session that just ended would still be there; so would one be whose end only a primary
knew that then failed. The primary's own state has every write that was acknowledged.
*/
export const collectionOptions = {
	readPreference: 'primary',
	readConcern: {level: 'local'},
	// Without a time limit, a server that lost its majority would keep every write waiting.
	writeConcern: {w: 'majority', wtimeoutMS: 5000},
	raw: false,
	promoteValues: true,
	promoteBuffers: true,
} as const;
