/** Where the records are on a server. */
export type Place = {readonly database: string; readonly collection: string};

/**
Fills in defaults.

@param url The server's, if the store opens its own client.
@throws TypeError If the URL isn't one of MongoDB, or a name is invalid. The message never quotes the URL, which may hold a password.
*/
export const toPlace = (url: string | undefined, options: Partial<Place>): Place => {
	const inUrl = url === undefined ? undefined : databaseOf(url);
	const {database = inUrl ?? 'koa_session', collection = 'sessions'} = options;
	checkName('database', database, /^[^/\\. "$*<>:|?\0]{1,63}$/);
	checkName('collection', collection, /^(?!system\.)[^$\0.]+(?:\.[^$\0.]+)*$/);
	return {database, collection};
};

const databaseOf = (url: string): string | undefined => {
	const [isUrl, database] = /^mongodb(?:\+srv)?:\/\/[^/?#]+(?:\/([^/?#]*))?(?:\?[^#]*)?$/.exec(url) ?? [];
	try {
		if (isUrl !== undefined) return decodeURIComponent(database ?? '') || undefined;
	} catch {
		// A `%` that encodes nothing: the message below says what is expected.
	}
	throw new TypeError('Expected a URL like `mongodb://host:27017/database` or `mongodb+srv://host/database`');
};

const checkName = (option: string, name: string, form: RegExp): void => {
	if (typeof name === 'string' && form.test(name)) return;
	throw new TypeError(`Expected \`${option}\` to be a name that MongoDB takes, got \`${String(name)}\``);
};
