import {
	DeleteItemCommand,
	DynamoDBClient,
	GetItemCommand,
	PutItemCommand,
	UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import {parseDynamoUrl} from '../../source/stores/dynamodb/url.ts';
import {parseStoreUrl} from '../../source/stores/shared/store-url.ts';
import type {OpenBare} from './bare.ts';

/** `PutItem`, `GetItem` with a consistent read, `UpdateItem`, `DeleteItem`, all without a condition. */
export const bareDynamo: OpenBare = async url => {
	const {region = '', endpoint = '', table: TableName} = parseDynamoUrl(parseStoreUrl(url));
	const client = new DynamoDBClient({
		...(region !== '' && {region}),
		...(endpoint !== '' && {endpoint}),
		requestHandler: {connectionTimeout: 2000},
	});
	const keyOf = (key: string) => ({key: {S: key}});
	const put = (key: string, bytes: Buffer, expiresAt: number) =>
		client.send(new PutItemCommand({TableName, Item: {...keyOf(key), bytes: {B: bytes}, ...ends(expiresAt)}}));
	const ends = (expiresAt: number) => ({expires_at_seconds: {N: String(Math.ceil(expiresAt / 1000))}});
	return {
		create: put,
		async read(key) {
			const {Item} = await client.send(new GetItemCommand({TableName, Key: keyOf(key), ConsistentRead: true}));
			return Item?.['bytes']?.B;
		},
		update: put,
		touch: (key, expiresAt) =>
			client.send(
				new UpdateItemCommand({
					TableName,
					Key: keyOf(key),
					UpdateExpression: 'SET expires_at_seconds = :seconds',
					ExpressionAttributeValues: {':seconds': ends(expiresAt).expires_at_seconds},
				}),
			),
		destroy: key => client.send(new DeleteItemCommand({TableName, Key: keyOf(key)})),
		close: async () => client.destroy(),
	};
};
