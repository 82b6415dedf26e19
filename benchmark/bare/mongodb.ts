import {MongoClient} from 'mongodb';
import type {OpenBare} from './bare.ts';

type Document = {_id: string; bytes: Buffer; expiresAt: Date};

/** `insertOne`, `findOne`, `replaceOne`, `updateOne`, `deleteOne`, all by the key alone. */
export const bareMongo: OpenBare = async url => {
	const {searchParams} = new URL(url);
	const [address] = url.split('?');
	const client = await new MongoClient(address ?? url).connect();
	const sessions = client.db('koa_session').collection<Document>(searchParams.get('collection') ?? 'sessions');
	return {
		create: (key, bytes, expiresAt) => sessions.insertOne({_id: key, bytes, expiresAt: new Date(expiresAt)}),
		async read(key) {
			const document = await sessions.findOne({_id: key}, {promoteBuffers: true});
			return document?.bytes;
		},
		update: (key, bytes, expiresAt) => sessions.replaceOne({_id: key}, {bytes, expiresAt: new Date(expiresAt)}),
		touch: (key, expiresAt) => sessions.updateOne({_id: key}, {$set: {expiresAt: new Date(expiresAt)}}),
		destroy: key => sessions.deleteOne({_id: key}),
		close: () => client.close(),
	};
};
