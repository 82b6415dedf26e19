import {SessionError} from '../errors.ts';
import {checkObject} from '../options/checks.ts';
import {called, checkNames, type Remedies} from '../options/names.ts';
import type {SessionRecord, Store, UpdateResult, Version, VersionedRecord} from '../store.ts';
import {borrow, connectTo, type MongoConnection, type MongoStoreClient} from './mongodb/client.ts';
import {type Query, type SessionCollection, toCount} from './mongodb/collection.ts';
import {ended, isLive, live, toDate, toDocument, toRecord} from './mongodb/document.ts';
import {isLostReply, isTaken, withoutData} from './mongodb/errors.ts';
import {listKeys, nextDocuments, walkKeys, walkStep} from './mongodb/keys.ts';
import {toPlace} from './mongodb/place.ts';
import {ofClientStores} from './shared/other-stores.ts';
import {readPruneEvery, Sweeper} from './shared/sweeper.ts';
import type {Walk} from './shared/walk.ts';

export type {MongoStoreClient} from './mongodb/client.ts';

/** Options of a `MongoStore`. */
export type MongoStoreOptions = {
	/**
	The database that holds the collection.

	@default The one in the path of the URL, or `'koa_session'`.
	*/
	readonly database?: string;

	/**
	The collection, which holds nothing but sessions.

	@default 'sessions'
	*/
	readonly collection?: string;

	/**
	After every so many creates of this store, some expired records are deleted too: up to twice as many. `0`: never.

	For collections without the indexes of `createIndexes()`, and servers that don't expire documents. With them it finds none.

	That happens after the create and never fails it. A process that ends before that many creates deletes none: with
	short-lived processes, such as functions in a cloud, call `prune()` from a schedule.

	@default 100
	*/
	readonly pruneEvery?: number;
};

/**
Keeps sessions in MongoDB, one document each.

Pass in your own `MongoClient`, or a URL. A URL opens a client on first use, which keeps the process alive until `close()`
closes it; your own client stays open. Connect it before the first request: if its first implicit connection fails, the
driver never tries again.

Call `createIndexes()` once, when you deploy: then MongoDB removes records that have ended. Everything works without
the indexes too, but `bySubject()` and `prune()` look at every record, and only `prune()` and `pruneEvery` remove any.

The store reads from the primary, and its writes are acknowledged by a majority, whatever the client's settings are: otherwise
a session that has ended could come back from a secondary that is late, or with a new primary.

Each operation is one round trip. A second one finds out why an update found nothing to replace. An expiry after the year
275760, the last of a `Date`, counts as that.

@throws TypeError If the URL isn't one of MongoDB, the client isn't a `MongoClient`, or an option isn't what it should be.
@throws RangeError If `pruneEvery` is out of range.

@example
import {MongoClient} from 'mongodb';
import session from 'koa-server-session';
import {MongoStore} from 'koa-server-session/stores/mongodb';

const client = new MongoClient('mongodb://127.0.0.1:27017');
app.use(session(app, {store: new MongoStore(client, {database: 'shop'})}));
*/
export class MongoStore implements Store {
	/** MongoDB's limit for a document, 16 MB, less 64 KB for what is kept beside the bytes. */
	readonly maxBytes: number = 2 ** 24 - 2 ** 16;

	readonly #connection: MongoConnection;
	readonly #sweeper: Sweeper;

	/** @param client Your own client, or a URL. Without it, `mongodb://127.0.0.1:27017`. */
	constructor(client: MongoStoreClient | string = 'mongodb://127.0.0.1:27017', options: MongoStoreOptions = {}) {
		checkObject('options', options, "an object such as `{collection: 'sessions'}`");
		checkNames(options, ['database', 'collection', 'pruneEvery'], {remedies});
		this.#connection =
			typeof client === 'string'
				? connectTo(client, toPlace(client, options))
				: borrow(client, toPlace(undefined, options));
		this.#sweeper = new Sweeper(readPruneEvery(options.pruneEvery), limit => this.prune(limit));
	}

	async create(key: string, record: SessionRecord): Promise<Version | undefined> {
		const document = toDocument(key, record);
		// Inserts, unless it finds what it may replace: a record that has ended, or this very one, sent again after a lost reply.
		const filter = {_id: key, $or: [ended(), {version: document.version}]};
		let lost: unknown;
		const created = await this.#ask(async sessions => {
			try {
				toCount(await sessions.replaceOne(filter, document, {upsert: true}));
				return document.version;
			} catch (error) {
				// As in `update()`.
				if (isTaken(error) && !lost) return undefined;
				lost ??= error;
				throw lost;
			}
		});
		this.#sweeper.count();
		return created;
	}

	async read(key: string): Promise<VersionedRecord | undefined> {
		const document = await this.#ask(sessions => sessions.findOne(live(key)));
		return document ? toRecord(document) : undefined;
	}

	async update(key: string, record: SessionRecord, version: Version, knownExpiry?: number): Promise<UpdateResult> {
		const document = toDocument(key, record);
		let lost: unknown;
		const noteLoss = (error: unknown): never => {
			lost = error;
			throw error;
		};
		return this.#ask(async sessions => {
			const filter = {
				...live(key),
				version,
				...(knownExpiry !== undefined && {$and: [{expiresAt: toDate(knownExpiry)}]}),
			};
			const replaced = toCount(await sessions.replaceOne(filter, document).catch(noteLoss));
			if (replaced === 1) return {version: document.version};

			const stored = await sessions.findOne({_id: key}, {projection: {version: 1, expiresAt: 1}});
			// This very write, sent again after a lost reply.
			if (stored?.['version'] === document.version) return {version: document.version};
			if (!stored || !isLive(stored)) return 'missing';
			// The first copy may have been written and replaced since. After a `conflict`, the caller would make its change twice.
			if (lost) throw lost;
			return 'conflict';
		});
	}

	async touch(key: string, expiresAt: number, version: Version): Promise<boolean> {
		const update = {$set: {expiresAt: toDate(expiresAt)}};
		return toCount(await this.#ask(sessions => sessions.updateOne({...live(key), version}, update))) === 1;
	}

	async delete(key: string, version?: Version): Promise<boolean> {
		const filter = version === undefined ? live(key) : {...live(key), version};
		return toCount(await this.#ask(sessions => sessions.deleteOne(filter))) === 1;
	}

	/** For collections without the index that `createIndexes()` creates. At most two round trips, unless others prune too. */
	async prune(limit: number): Promise<number> {
		let deleted = 0;
		await this.#ask(async sessions => {
			let first: unknown;
			while (deleted < limit) {
				const wanted = limit - deleted;
				const keys = await listKeys(sessions, ended(), {limit: wanted});
				if (keys.length === 0) break;
				// Some keys may hold new records by now.
				const count = toCount(await sessions.deleteMany({_id: {$in: keys}, ...ended()}));
				deleted += count;
				// If none can be deleted, the same records would come again and again.
				if (keys.length < wanted || (count === 0 && String(keys[0]) === first)) break;
				first = String(keys[0]);
			}
		});
		return deleted;
	}

	async *bySubject(subject: string): Walk {
		// Doesn't ask for the expiry too: by that index, a record that is touched during the walk would come twice or not at all.
		const options = {projection: {_id: 1, expiresAt: 1}, batchSize: walkStep};
		let documents: AsyncIterator<Query> | undefined;
		try {
			for (;;) {
				// Not asked again: a cursor whose reply was lost would seem to have come to its end.
				const page = await this.#connection.use(sessions => {
					documents ??= sessions.find({subject: {$eq: subject}}, options)[Symbol.asyncIterator]();
					return nextDocuments(documents);
				});
				yield liveKeys(page);
				if (page.length < walkStep) return;
			}
		} catch (error) {
			throw error instanceof SessionError ? error : withoutData(error);
		} finally {
			await documents?.return?.();
		}
	}

	keys(prefix: string): Walk {
		return walkKeys(question => this.#ask(question), prefix);
	}

	/**
	Creates the indexes that let records expire and find them by subject. Does nothing if they exist.

	Needs the right to create indexes, as no other operation does. On a large collection it may time out; the server
	continues, and another call waits for it.

	@example
	import {MongoStore} from 'koa-server-session/stores/mongodb';

	const store = new MongoStore('mongodb://127.0.0.1:27017/shop');
	await store.createIndexes();
	await store.close();
	*/
	async createIndexes(): Promise<void> {
		await this.#ask(sessions =>
			sessions.createIndexes([
				{key: {expiresAt: 1}, expireAfterSeconds: 0},
				{key: {subject: 1}, sparse: true},
			]),
		);
	}

	async close(): Promise<void> {
		await this.#connection.close();
	}

	/** @param question Asked again after a lost reply if the driver doesn't do so. `close()` waits for both. */
	async #ask<Reply>(question: (sessions: SessionCollection) => Promise<Reply>): Promise<Reply> {
		const ask = async (sessions: SessionCollection): Promise<Reply> => {
			try {
				return await question(sessions);
			} catch (error) {
				if (isLostReply(error)) return question(sessions);
				throw error;
			}
		};
		try {
			return await this.#connection.use(ask);
		} catch (error) {
			throw error instanceof SessionError ? error : withoutData(error);
		}
	}
}

const liveKeys = (documents: readonly Query[]): string[] =>
	documents.filter(isLive).map(document => String(document['_id']));

const remedies: Remedies = {...ofClientStores, dbName: called('database'), collectionName: called('collection')};
