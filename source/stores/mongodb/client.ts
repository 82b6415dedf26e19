import type {MongoClient} from 'mongodb';
import {SessionError} from '../../errors.ts';
import {byName, checkInstalled, notLoaded} from '../shared/client-library.ts';
import {type OwnClient, ownClient} from '../shared/own-client.ts';
import {collectionOptions, type SessionCollection} from './collection.ts';
import type {Place} from './place.ts';

/** What `MongoStore` needs of a client. `MongoClient` of the driver's versions 5 to 7 fits. */
export interface MongoStoreClient {
	db(name: string): {collection(name: string, options: typeof collectionOptions): SessionCollection};
}

/** How a store reaches its collection. */
export type MongoConnection = OwnClient<SessionCollection>;

/** The application's client, which the application closes. Its time limits apply. */
export const borrow = (client: MongoStoreClient, place: Place): MongoConnection => {
	if (typeof client?.db !== 'function')
		throw new TypeError(
			'Expected a `MongoClient` of `mongodb` 5 or newer, or a URL. Of a `Db`, pass in `db.client`; of Mongoose, `mongoose.connection.getClient()`',
		);
	const sessions = collectionOf(client, place);
	return {use: work => work(sessions), close: async () => {}};
};

/** A client for a URL, opened by the first operation. */
export const connectTo = (url: string, place: Place): MongoConnection => {
	const own = ownClient(
		async () => {
			const client = await open(url);
			return {client, sessions: collectionOf(client, place)};
		},
		({client}) => client.close(),
	);
	return {use: work => own.use(({sessions}) => work(sessions)), close: own.close};
};

const collectionOf = (client: MongoStoreClient, {database, collection}: Place): SessionCollection =>
	client.db(database).collection(collection, collectionOptions);

/** In milliseconds. A URL may override each of them. */
const timeLimits = {
	// If the server has gone away, a request fails with the reason before `storeTimeout` passes.
	serverSelectionTimeoutMS: 1500,
	// For a server that hangs, or a connection that broke silently. `storeTimeout` passes first.
	connectTimeoutMS: 5000,
	socketTimeoutMS: 5000,
	waitQueueTimeoutMS: 5000,
};

/** In a `try`, so that bundlers pass over it where it isn't installed. */
const loadLibrary = async () => {
	checkInstalled('mongodb');
	try {
		return byName(await import('mongodb'), 'MongoClient');
	} catch (cause) {
		throw notLoaded('mongodb', cause);
	}
};

const open = async (url: string): Promise<MongoClient> => {
	const {MongoClient} = await loadLibrary();
	const [, query] = url.split('?');
	// The driver ignores the case of parameters, and prefers options to parameters.
	const named = new Set([...new URLSearchParams(query).keys()].map(name => name.toLowerCase()));
	const limits = Object.entries(timeLimits).filter(([name]) => !named.has(name.toLowerCase()));
	const client = construct(() => new MongoClient(url, Object.fromEntries(limits)));
	try {
		return await client.connect();
	} catch (error) {
		await client.close();
		throw error;
	}
};

/** The driver's messages quote hosts and values of parameters, some of which are passwords. Only names of parameters are kept. */
const construct = <Client>(make: () => Client): Client => {
	try {
		return make();
	} catch (error) {
		const message = error instanceof Error ? error.message : '';
		const [reason = 'see its manual'] = /^options? [\w, ]+ (?:is|are) not supported$/.exec(message) ?? [];
		throw new SessionError('ERR_SESSION_STORE_URL', `Expected a store URL that MongoDB's driver takes: ${reason}`);
	}
};
