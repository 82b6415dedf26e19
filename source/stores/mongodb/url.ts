import {type StoreUrl, wrongUrl} from '../shared/store-url.ts';
import {toPlace} from './place.ts';

/**
Reads the URL of a `MongoStore`: the driver's own, with `collection` in its query.

@throws SessionError `ERR_SESSION_STORE_URL` If it names no database or collection that MongoDB could have.
*/
export const parseMongoUrl = ({scheme, path, query}: StoreUrl): {readonly url: string; readonly collection: string} => {
	const parameters = new URLSearchParams(query);
	const collection = parameters.get('collection') ?? 'sessions';
	parameters.delete('collection');
	const url = `${scheme}:${path}${parameters.size > 0 ? `?${parameters}` : ''}`;
	try {
		toPlace(url, {collection});
	} catch {
		throw wrongUrl(`of \`${scheme}:\` to be like \`${scheme}://host/database?collection=sessions\``);
	}

	return {url, collection};
};
