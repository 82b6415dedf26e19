import {SessionError} from '../errors.ts';
import type {SessionRecord, Store, UpdateResult, Version, VersionedRecord} from '../store.ts';
import {borrow, connectTo, type MongoConnection, type MongoStoreClient} from './mongodb/client.ts';
import type {Query, SessionCollection} from './mongodb/collection.ts';
import {ended, isLive, live, toDate, toDocument, toRecord} from './mongodb/document.ts';
import {isLostReply, isTaken, withoutData} from './mongodb/fault.ts';
import {listKeys, walkKeys, walkStep} from './mongodb/keys.ts';
import {toPlace} from './mongodb/place.ts';
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
	The collection that sessions have for themselves.

	@default 'sessions'
	*/
	readonly collection?: string;
};

/**
Keeps sessions in MongoDB, one document each.

Pass in your own `MongoClient`, or a URL. The client for a URL is opened at first use, and keeps the process alive until
`close()`, which closes only that one. Connect your own client before the first request: if its first implicit
connection fails, the driver never tries again.

Call `createIndexes()` once, when you deploy. MongoDB then removes expired records. Without the indexes everything
works, but `bySubject()` and `prune()` look at every record, and only `prune()` removes any.

It reads from the primary, and a majority acknowledges its writes, whatever the client's settings are: otherwise a
session that has ended could come back from an outdated secondary, or with a new primary.

Each operation is one round trip, a second one tells why an update found nothing to replace. An expiry past the year
275760, the last of a `Date`, counts as that.

@throws TypeError If the URL is none of MongoDB's, or a name can't be one.

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

	constructor(client: MongoStoreClient | string = 'mongodb://127.0.0.1:27017', options: MongoStoreOptions = {}) {
		this.#connection =
			typeof client === 'string'
				? connectTo(client, toPlace(client, options))
				: borrow(client, toPlace(undefined, options));
	}

	async create(key: string, record: SessionRecord): Promise<Version | undefined> {
		const document = toDocument(key, record);
		// Inserts, unless it finds what it may replace: a record that ended, or ours, sent again after a lost reply.
		const filter = {_id: key, $or: [ended(), {version: document.version}]};
		return this.#ask(async sessions => {
			try {
				await sessions.replaceOne(filter, document, {upsert: true});
				return document.version;
			} catch (error) {
				if (isTaken(error)) return undefined;
				throw error;
			}
		});
	}

	async read(key: string): Promise<VersionedRecord | undefined> {
		const document = await this.#ask(sessions => sessions.findOne(live(key)));
		return document ? toRecord(document) : undefined;
	}

	async update(key: string, record: SessionRecord, version: Version): Promise<UpdateResult> {
		const document = toDocument(key, record);
		return this.#ask(async (sessions, lost) => {
			const {matchedCount} = await sessions.replaceOne({...live(key), version}, document);
			if (matchedCount === 1) return {version: document.version};

			const stored = await sessions.findOne({_id: key}, {projection: {version: 1, expiresAt: 1}});
			// Ours, sent again after a lost reply.
			if (stored?.['version'] === document.version) return {version: document.version};
			if (!stored || !isLive(stored)) return 'missing';
			// Others may have replaced ours: told of a conflict, the caller would do the same change twice.
			if (lost) throw lost;
			return 'conflict';
		});
	}

	async touch(key: string, expiresAt: number, version: Version): Promise<boolean> {
		const update = {$set: {expiresAt: toDate(expiresAt)}};
		const {matchedCount} = await this.#ask(sessions => sessions.updateOne({...live(key), version}, update));
		return matchedCount === 1;
	}

	async delete(key: string, version?: Version): Promise<boolean> {
		const filter = version === undefined ? live(key) : {...live(key), version};
		const {deletedCount} = await this.#ask(sessions => sessions.deleteOne(filter));
		return deletedCount === 1;
	}

	/** For where there is no index to expire by, as `createIndexes()` makes it. Two round trips. */
	async prune(limit: number): Promise<number> {
		let deleted = 0;
		while (deleted < limit) {
			const keys = await this.#ask(sessions => listKeys(sessions, ended(), {limit: limit - deleted}));
			if (keys.length === 0) break;
			// Some may have been created again by now.
			const filter = {_id: {$in: keys}, ...ended()};
			deleted += (await this.#ask(sessions => sessions.deleteMany(filter))).deletedCount;
		}
		return deleted;
	}

	async *bySubject(subject: string): Walk {
		// Not by the expiry too: with that index, a record that is touched during the walk would come twice or not at all.
		const options = {projection: {_id: 1, expiresAt: 1}, batchSize: walkStep};
		const documents = await this.#ask(async sessions => sessions.find({subject: {$eq: subject}}, options));
		let page: Query[] = [];
		try {
			for await (const document of documents) {
				page.push(document);
				if (page.length < walkStep) continue;
				yield liveKeys(page);
				page = [];
			}
			yield liveKeys(page);
		} catch (error) {
			throw withoutData(error);
		}
	}

	keys(prefix: string): Walk {
		return walkKeys(question => this.#ask(question), prefix);
	}

	/**
	Makes the indexes by which records expire and are found by their subject. Quiet if they are there.

	Needs the right to do so, as no other operation does. On a collection that is large already it may run out of time;
	the server goes on, and another call waits for it.

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

	/** @param question Asked again after a lost reply, and told of it, where the driver doesn't do so. */
	async #ask<Reply>(question: (sessions: SessionCollection, lost?: unknown) => Promise<Reply>): Promise<Reply> {
		const ask = (lost?: unknown) => this.#connection.use(sessions => question(sessions, lost));
		try {
			return await ask().catch(error => {
				if (isLostReply(error)) return ask(error);
				throw error;
			});
		} catch (error) {
			throw error instanceof SessionError ? error : withoutData(error);
		}
	}
}

const liveKeys = (documents: readonly Query[]): string[] =>
	documents.filter(isLive).map(document => String(document['_id']));
