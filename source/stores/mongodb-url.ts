import {checkInstalled} from './client-library.ts';
import {toPlace} from './mongodb-place.ts';
import {type Opener, type StoreUrl, wrongUrl} from './store-url.ts';

/** Reads the URL of a `MongoStore`: the driver's own, but for `collection` in its query. */
export const toMongo = ({scheme, path, query}: StoreUrl): Opener => {
	checkInstalled('mongodb');
	const parameters = new URLSearchParams(query);
	const collection = parameters.get('collection') ?? 'sessions';
	parameters.delete('collection');
	const url = `${scheme}:${path}${parameters.size > 0 ? `?${parameters}` : ''}`;
	try {
		toPlace(url, {collection});
	} catch {
		throw wrongUrl(`of \`${scheme}:\` to be like \`${scheme}://host/database?collection=sessions\``);
	}

	return async () => {
		const {MongoStore} = await import('./mongodb.ts');
		return new MongoStore(url, {collection});
	};
};
