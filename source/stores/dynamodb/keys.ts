import type {Walk} from '../shared/walk.ts';
import type {DynamoConnection} from './connection.ts';
import {attributes, encodeNumber, type Item, keyOf} from './item.ts';

/** Walks the keys of live records that begin with `prefix`. Reads the whole table, a megabyte at a time. */
export async function* keys(connection: DynamoConnection, TableName: string, prefix: string): Walk {
	const isLive = 'expires_at > :now';
	let after: Item | undefined;
	do {
		const page = await connection.ask(
			({ScanCommand}) =>
				new ScanCommand({
					TableName,
					ConsistentRead: true,
					ProjectionExpression: '#key',
					ExpressionAttributeNames: {'#key': attributes.key},
					// For DynamoDB, nothing begins with an empty string.
					FilterExpression: prefix === '' ? isLive : `${isLive} AND begins_with(#key, :prefix)`,
					ExpressionAttributeValues: {
						':now': encodeNumber(Date.now()),
						...(prefix !== '' && {':prefix': {S: prefix}}),
					},
					ExclusiveStartKey: after,
				}),
		);
		yield (page.Items ?? []).map(keyOf);
		after = page.LastEvaluatedKey;
	} while (after);
}
