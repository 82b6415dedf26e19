import {checkParameters, connections, milliseconds, type StoreUrl, wrongUrl} from '../shared/store-url.ts';

/** Where a table is. What is left out comes from the environment, or is the default. */
export type DynamoAddress = {
	readonly region?: string;
	readonly table?: string;
	readonly endpoint?: string;

	/** How long connecting may take, in milliseconds. */
	readonly connectTimeout?: number;

	/** How long a command may take with all retries, in milliseconds. */
	readonly commandTimeout?: number;

	/** How many connections the client may have. */
	readonly pool?: number;
};

/** The names that AWS allows for a table. */
export const tableName = /^[\w.-]{3,255}$/;

/**
Takes a URL like `dynamodb://eu-central-1/sessions?endpoint=http://127.0.0.1:8000` apart; all but `dynamodb://` may be
left out.

@throws SessionError `ERR_SESSION_STORE_URL` If it has another form.
*/
export const parseDynamoUrl = (location: StoreUrl | undefined): DynamoAddress => {
	if (location?.scheme !== 'dynamodb') throw wrongUrl('of `DynamoStore` to begin with `dynamodb://`');

	checkParameters(location, parameters);
	const [found, region, table] = /^\/\/([a-z\d-]*)(?:\/([\w.-]*))?$/.exec(location.path) ?? [];
	if (found === undefined || (table && !tableName.test(table)))
		throw wrongUrl('of `dynamodb:` to be like `dynamodb://eu-central-1/sessions`');

	const endpoint = location.query.get('endpoint');
	return {...(region && {region}), ...(table && {table}), ...(endpoint && {endpoint}), ...limitsOf(location)};
};

const limits = {connectTimeout: milliseconds, commandTimeout: milliseconds, pool: connections};

const parameters = {
	endpoint: {form: /^https?:\/\/[^\s/?#@]+\/?$/, example: 'http://127.0.0.1:8000'},
	...limits,
};

const limitsOf = ({query}: StoreUrl): {[Name in keyof typeof limits]?: number} =>
	Object.fromEntries(
		[...query].filter(([name]) => Object.hasOwn(limits, name)).map(([name, value]) => [name, Number(value)]),
	);
