import {creates, type StoreUrl, wrongUrl} from '../shared/store-url.ts';
import {toPlace} from './place.ts';

/** Where the records are, and how often a create also deletes expired ones. */
export type MongoUrl = {readonly url: string; readonly collection: string; readonly pruneEvery: number};

/**
Reads the URL of a `MongoStore`: the driver's, except for `collection` and `pruneEvery` in its query.

@throws SessionError `ERR_SESSION_STORE_URL` If the name of the database or the collection is invalid.
*/
export const parseMongoUrl = ({scheme, path, query}: StoreUrl): MongoUrl => {
	const parameters = new URLSearchParams(query);
	const given = parameters.get('pruneEvery');
	if (given !== null && !creates.form.test(given)) {
		throw wrongUrl(`of \`${scheme}:\` to have a \`pruneEvery\` like \`${creates.example}\``);
	}
	const pruneEvery = given === null ? 100 : Number(given);
	parameters.delete('pruneEvery');
	const collection = parameters.get('collection') ?? 'sessions';
	parameters.delete('collection');
	const url = `${scheme}:${path}${parameters.size > 0 ? `?${parameters}` : ''}`;
	try {
		toPlace(url, {collection});
	} catch {
		throw wrongUrl(`of \`${scheme}:\` to be like \`${scheme}://host/database?collection=sessions\``);
	}

	return {url, collection, pruneEvery};
};
