import type {MongoClient} from 'mongodb';
import {SessionError} from '../../errors.ts';
import {load} from '../shared/client-library.ts';
import {type OwnClient, ownClient} from '../shared/own-client.ts';
import {collectionOptions, type SessionCollection} from './collection.ts';
import type {Place} from './place.ts';

/** What `MongoStore` needs of a client. `MongoClient` of the driver's versions 6 and 7 fits. */
export interface MongoStoreClient {
	db(name: string): {collection(name: string, options: typeof collectionOptions): SessionCollection};
}

/** How a store comes by its collection. */
export type MongoConnection = OwnClient<SessionCollection>;

/** The application's own client: it opens and closes it, and sets its time limits. */
export const borrow = (client: MongoStoreClient, place: Place): MongoConnection => {
	const sessions = collectionOf(client, place);
	return {use: work => work(sessions), close: async () => {}};
};

/** A client for a URL, opened by the first operation. If its first connection fails, the driver never tries again. */
export const connectTo = (url: string, place: Place): MongoConnection => {
	const own = ownClient(
		() => open(url),
		client => client.close(),
	);
	return {use: work => own.use(client => work(collectionOf(client, place))), close: own.close};
};

const collectionOf = (client: MongoStoreClient, {database, collection}: Place): SessionCollection =>
	client.db(database).collection(collection, collectionOptions);

/** In milliseconds. A URL that names one of them has its own way. */
const timeLimits = {
	// For a server that has gone away: shorter than `storeTimeout`, which would hide the reason.
	serverSelectionTimeoutMS: 1500,
	// For a server that hangs, or a connection that was dropped silently. `storeTimeout` usually passes first.
	connectTimeoutMS: 5000,
	socketTimeoutMS: 5000,
	waitQueueTimeoutMS: 5000,
};

const open = async (url: string): Promise<MongoClient> => {
	const {MongoClient} = await load('mongodb', () => import('mongodb'));
	const [, query] = url.split('?');
	// The driver takes its parameters in any case, and options before parameters.
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

/** The driver quotes hosts and values of parameters, some of which are passwords; names of parameters it may. */
const construct = <Client>(make: () => Client): Client => {
	try {
		return make();
	} catch (error) {
		const message = error instanceof Error ? error.message : '';
		const [reason = 'see its manual'] = /^options? [\w, ]+ (?:is|are) not supported$/.exec(message) ?? [];
		throw new SessionError('ERR_SESSION_STORE_URL', `Expected a store URL that MongoDB's driver takes: ${reason}`);
	}
};
