import {isLive} from '../shared/record.ts';
import type {Walk} from '../shared/walk.ts';
import type {DynamoConnection} from './connection.ts';
import {attributes, encodeKey, encodeSubject, type Item, keyOf} from './item.ts';
import {subjectIndex} from './table.ts';

/** The most items that DynamoDB reads in one command. */
const walkStep = 100;

/** Walks the keys of a subject's live records, as far as the index has them. */
export async function* bySubject(connection: DynamoConnection, TableName: string, subject: string): Walk {
	const isMeant = (item: Item): boolean =>
		isLive({expiresAt: Number(item[attributes.expiresAt]?.N)}) &&
		item[attributes.subject]?.S === encodeSubject(subject).S;
	let after: Item | undefined;
	do {
		const page = await connection.ask(
			({QueryCommand}) =>
				new QueryCommand({
					TableName,
					IndexName: subjectIndex,
					KeyConditionExpression: 'subject = :subject',
					ExpressionAttributeValues: {':subject': encodeSubject(subject)},
					Limit: walkStep,
					ExclusiveStartKey: after,
				}),
		);
		after = page.LastEvaluatedKey;
		// The caller limits the time until the next page.
		yield [];

		// The index is late: it still has what was deleted, has ended, or has another subject by now.
		for await (const items of readAll(connection, TableName, (page.Items ?? []).map(keyOf))) {
			yield items.filter(isMeant).map(keyOf);
		}
	} while (after);
}

/** Reads the items that still exist from the table itself, without their bytes. */
async function* readAll(
	connection: DynamoConnection,
	table: string,
	keys: readonly string[],
): AsyncGenerator<readonly Item[], void, undefined> {
	let left = keys.map(encodeKey);
	while (left.length > 0) {
		const {Responses, UnprocessedKeys} = await connection.ask(
			({BatchGetItemCommand}) =>
				new BatchGetItemCommand({
					RequestItems: {
						[table]: {
							Keys: left,
							ConsistentRead: true,
							ProjectionExpression: '#key, subject, expires_at',
							ExpressionAttributeNames: {'#key': attributes.key},
						},
					},
				}),
		);
		yield Responses?.[table] ?? [];

		// DynamoDB may stop early, but never before it has read one item.
		left = UnprocessedKeys?.[table]?.Keys ?? [];
	}
}
