import {BatchWriteItemCommand, DynamoDBClient} from '@aws-sdk/client-dynamodb';
import {encodeItem} from '../../source/stores/dynamodb/item.ts';
import {parseDynamoUrl} from '../../source/stores/dynamodb/url.ts';
import {parseStoreUrl} from '../../source/stores/shared/store-url.ts';
import {drawVersion} from '../../source/stores/shared/version.ts';
import {chunks, type Fill} from './fill.ts';

/** The items that the store would write, 25 in a command, as many as it takes. */
export const fillDynamo: Fill = async (url, records) => {
	const {region = '', endpoint = '', table = ''} = parseDynamoUrl(parseStoreUrl(url));
	const client = new DynamoDBClient({...(region !== '' && {region}), ...(endpoint !== '' && {endpoint})});
	const left = chunks(records, 25);
	const worker = async () => {
		for (const chunk of left) {
			const puts = chunk.map(({key, record}) => ({
				PutRequest: {Item: encodeItem(key, record, drawVersion())},
			}));
			await client.send(new BatchWriteItemCommand({RequestItems: {[table]: puts}}));
		}
	};
	await Promise.all(Array.from({length: 4}, worker));
	client.destroy();
};
