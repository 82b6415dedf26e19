import {randomUUID} from 'node:crypto';
import {DynamoDBClient} from '@aws-sdk/client-dynamodb';
import type {ExecutionContext} from 'ava';
import {type DynamoClient, DynamoStore} from '../../../source/stores/dynamodb.ts';
import {sharedDynamo, startDynamo} from '../../services/dynamodb.ts';
import type {Server} from '../../services/server.ts';

// Servers that are only like DynamoDB take any credentials, but the client wants some; so do processes of tests.
process.env['AWS_ACCESS_KEY_ID'] ??= 'test';
process.env['AWS_SECRET_ACCESS_KEY'] ??= 'test';

let own: Promise<string> | undefined;

/** The shared server of this run, as a URL of its table `sessions`. Started for this file alone if AVA runs on its own. */
const sharedUrl = async (): Promise<string> => {
	const url = process.env['TEST_DYNAMODB_URL'];
	if (url) return url;

	// It ends with this worker (see startServer), so nobody has to stop it.
	own ??= sharedDynamo().then(server => server.url);
	return own;
};

/** The URL of a new table on the shared server. */
export const newTableUrl = async (): Promise<string> => {
	const url = (await sharedUrl()).replace(/(?<=\/\/[^/]*\/)[^?]+/, `sessions-${randomUUID()}`);
	const store = new DynamoStore(url);
	await store.createTable();
	await store.close();
	return url;
};

/** A store with a client and a table of its own. */
export const openTable = async (t: ExecutionContext): Promise<DynamoStore> => openStore(t, await newTableUrl());

/** A store with a client of its own. */
export const openStore = (t: ExecutionContext, url: string): DynamoStore => {
	const store = new DynamoStore(url);
	t.teardown(() => store.close());
	return store;
};

/** A server for one test, which may do with it what it likes. */
export const privateDynamo = async (t: ExecutionContext): Promise<Server> => {
	const server = await startDynamo();
	t.teardown(() => server.stop());
	return server;
};

/** A client as an application makes it, for the server of a URL. */
export const connect = (t: ExecutionContext, url: string): DynamoDBClient => {
	const {hostname: region, searchParams} = new URL(url);
	const client = new DynamoDBClient({region, endpoint: searchParams.get('endpoint') ?? ''});
	t.teardown(() => client.destroy());
	return client;
};

/** A client whose commands pass by, in turn with what it does itself. */
export const watchCommands = (
	client: DynamoClient,
	around: (name: string, send: () => Promise<object>) => Promise<object>,
): DynamoClient => ({
	send: (command, options) => around(command.constructor.name, () => client.send(command, options)),
});
