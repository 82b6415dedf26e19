import {SessionError} from '../../errors.ts';

/** What ioredis says when it gave up connecting. It doesn't say why it couldn't. */
const gaveUp = /^(?:Reached the max retries per request|Cluster isn't ready|Connection is closed)/;

/** What to do about faults whose messages don't say so, by what Redis's messages contain. */
const remedies: ReadonlyArray<readonly [RegExp, string]> = [
	[
		/^(?:MOVED|ASK|CROSSSLOT) /,
		'MOVED: this Redis server is a node of a cluster. Use `redis+cluster://…`, or a client for clusters: `Cluster` of ioredis, `createCluster()` of redis',
	],
	[
		/\bREADONLY\b/,
		"READONLY: this Redis server is a replica, perhaps since a failover. Connect to the master, and give a client of ioredis `reconnectOnError: error => error.message.includes('READONLY')`. With sentinels, use `redis+sentinel://…`, or a client for sentinels",
	],
	[
		/^NOPERM|ACL failure in script|user executing the script can't/,
		'NOPERM: this user of Redis lacks the right to a command or a key. Give it the rights that docs/stores.md lists',
	],
	[
		/^ERR unknown (?:or unsupported )?command .?eval/i,
		'NOSCRIPT: this Redis server runs neither `EVALSHA` nor `EVAL`, which every write needs. Allow one of them',
	],
	[
		/^ERR (?:DB index is out of range|invalid DB index)/,
		'SELECT: this Redis server has no database of that number. Name another one, or raise its setting `databases`',
	],
];

/**
Makes the error that the store throws.

@param fault Why the connection failed last, if it ever did.
*/
export const toStoreError = (error: unknown, fault: Error | undefined): Error => {
	const given: NodeJS.ErrnoException = error instanceof Error ? error : new Error('Unknown fault');
	const told = fault && gaveUp.test(given.message) ? fault : given;
	if (told instanceof SessionError) return told;

	const [, remedy] = remedies.find(([said]) => said.test(told.message)) ?? [];
	return remedy === undefined ? withoutData(told) : new SessionError('ERR_SESSION_STORE', remedy);
};

/**
Says why no sentinel named a master.

@param error What the library says of all sentinels together, or of something else.
@param refusal What it says of one sentinel.
*/
export const toSentinelError = (error: Error, refusal: Error): Error => {
	if (!error.message.startsWith('All sentinels are unreachable')) return error;

	const [, because] = /because (.*)/s.exec(refusal.message) ?? [];
	if (because === undefined || /^ERR No such master/.test(because))
		return connectionError('The sentinels know no master of the name that the URL ends with');
	if (isClosed.test(because)) return connectionError('No sentinel answers at the addresses in the URL');
	if (!/^(?:NOAUTH|WRONGPASS|ERR AUTH|NOPERM)/.test(because)) return connectionError(`No sentinel answers: ${because}`);
	return connectionError(
		`The sentinels want another login: ${because.split(' ', 1)[0]}. Add \`?sentinelPassword=…\` to the URL, and \`&sentinelUsername=…\` if they have users`,
	);
};

/** @param error What the library says of the last node, since that no node answered says less. */
export const toClusterError = (error: Error): Error =>
	isClosed.test(error.message) ? connectionError('No node of the cluster answers at the addresses in the URL') : error;

/** The library's words for a connection that could not be made. It keeps the reason for itself. */
const isClosed = /^Connection is closed/;

const connectionError = (message: string): SessionError => new SessionError('ERR_SESSION_STORE', message);

/** Errors carry the command with its arguments, and the message about an unknown command quotes them. */
const withoutData = ({message, code}: NodeJS.ErrnoException): Error => {
	// If every address of a host failed, only the inner errors have a message.
	const told = new Error(message.replace(/, with args beginning with.*/s, '') || code);
	return code === undefined ? told : Object.assign(told, {code});
};
