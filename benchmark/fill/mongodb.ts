import {MongoClient} from 'mongodb';
import {toDocument} from '../../source/stores/mongodb/document.ts';
import {chunks, type Fill} from './fill.ts';

/** The documents that the store would write, a thousand in a command. */
export const fillMongo: Fill = async (url, records) => {
	const {searchParams} = new URL(url);
	const client = await new MongoClient(url.split('?')[0] ?? url).connect();
	const sessions = client.db('koa_session').collection<{_id: string}>(searchParams.get('collection') ?? 'sessions');
	for (const chunk of chunks(records, 1000)) {
		await sessions.insertMany(chunk.map(({key, record}) => toDocument(key, record)));
	}
	await client.close();
};
