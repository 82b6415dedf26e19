import {randomUUID} from 'node:crypto';
import type {ExecutionContext} from 'ava';
import {MongoClient, type MongoClientOptions} from 'mongodb';
import type {Store} from '../../../source/store.ts';
import {open} from '../../../source/stores/open.ts';
import {find} from '../../services/install.ts';
import {sharedMongo, startMongo, testPrefix} from '../../services/mongodb.ts';

let own: Promise<string> | undefined;

/** The shared server of this run: keep to a collection of your own. Started for this file alone if AVA runs on its own. */
export const mongoUrl = async (): Promise<string> => {
	const url = process.env['TEST_MONGODB_URL'];
	if (url) return url;

	// It ends with this worker (see startServer), so nobody has to stop it.
	own ??= sharedMongo().then(server => server.url);
	return own;
};

export const drawCollection = (): string => `${testPrefix}${randomUUID()}`;

/** Limits for a URL's query. A busy machine must not fail a test. */
export const patience = ['serverSelection', 'connect', 'socket', 'waitQueue']
	.map(name => `${name}TimeoutMS=30000`)
	.join('&');

/** A collection of its own on the shared server, as `open()` understands it. */
export const collectionUrl = async (): Promise<string> => {
	const url = await mongoUrl();
	return `${url}${url.includes('?') ? '&' : '?'}collection=${drawCollection()}&${patience}`;
};

/**
Asked with the bare driver, jongodb lets a `replaceOne()` and a `deleteOne()` of the same version both succeed, once in
4,000 times. In MongoDB, one of them finds no such document.
*/
export const standInErrs =
	process.env['MONGODB_URL'] || find(['mongod'])
		? {}
		: {errsIn: 'of an update() and a delete() for one version exactly one succeeds'};

/** A server for one test, which may do with it what it likes. */
export const privateMongo = async (t: ExecutionContext): ReturnType<typeof startMongo> => {
	const server = await startMongo();
	t.teardown(() => server.stop());
	return server;
};

/** A client as an application makes it. */
export const connect = (t: ExecutionContext, url: string, options?: MongoClientOptions): MongoClient => {
	const client = new MongoClient(url, options);
	t.teardown(() => client.close());
	return client;
};

/** A store with a client of its own. */
export const openStore = async (t: ExecutionContext, url: string): Promise<Store> => {
	const store = await open(url);
	t.teardown(() => store.close?.());
	return store;
};
