import {SessionError} from '../../errors.ts';

/** An error as drivers throw it. */
type DriverError = Error & {readonly code?: unknown; readonly errno?: unknown; readonly sqlState?: unknown};

const isDriverError = (error: unknown): error is DriverError => error instanceof Error;

const hasCode = (error: unknown, ...codes: readonly string[]): boolean =>
	isDriverError(error) && codes.some(code => code === error.code || code === error.sqlState);

/** Whether MySQL has a row of that key already. */
export const isDuplicate = (error: unknown): boolean => hasCode(error, 'ER_DUP_ENTRY');

/** Whether the database rolled a statement back in favour of another one. `40000`: at the commit, in a group of MySQL servers. */
export const isRolledBack = (error: unknown): boolean => hasCode(error, '40000', '40001', '40P01', 'ER_CHECKREAD');

/** Whether the server takes no writes, for example since another one has taken its place. The statement did nothing. */
export const isReadOnly = (error: unknown): boolean =>
	hasCode(error, '25006', 'ER_OPTION_PREVENTS_STATEMENT', 'ER_READ_ONLY_MODE');

/** What errors say that have no code. Not `Connection terminated due to connection timeout`, with which nothing was sent. */
const saysBroken =
	/^Connection terminated(?: unexpectedly)?$|connection error and is not queryable$|connection is in closed state$/;

/** Whether the connection broke before a reply, so that a statement may have been run or not. */
export const isBroken = (error: unknown): boolean =>
	hasCode(error, 'ECONNRESET', 'EPIPE', 'PROTOCOL_CONNECTION_LOST', 'ER_CLIENT_INTERACTION_TIMEOUT') ||
	// PostgreSQL ends a connection since it shuts down, has crashed, or waited too long for a statement.
	hasCode(error, '57P01', '57P02', '57P05') ||
	// MySQL does since it shuts down, and MaxScale since it lost a server. mysql2 knows no code for the second.
	(isDriverError(error) && (error.errno === 1053 || error.errno === 1927)) ||
	// PgBouncer lost the connection to the server. Other faults have that code too.
	(hasCode(error, '08P01') && isDriverError(error) && error.message === 'server conn crashed?') ||
	(isDriverError(error) && saysBroken.test(error.message));

/** Whether nothing arrived for so long that the connection was given up. Who waited that long needn't wait again. */
export const isSilent = (error: unknown): boolean => hasCode(error, 'ETIMEDOUT');

export const lostConnection = (): Error =>
	Object.assign(new Error('The connection to the database was lost while it was not in use'), {code: 'ECONNRESET'});

/** Whether PgBouncer refused a connection because it asked for a setting. */
export const isRefusedSetting = (error: unknown, name: string): boolean =>
	hasCode(error, '08P01') && isDriverError(error) && error.message === `unsupported startup parameter: ${name}`;

/**
Whether PostgreSQL didn't run a statement because it was prepared on another connection, as PgBouncer lends them, or for a
table that has changed since.
*/
export const isUnprepared = (error: unknown): boolean =>
	hasCode(error, '26000', '42P05') ||
	(hasCode(error, '0A000') && isDriverError(error) && error.message === 'cached plan must not change result type');

/** Whether PostgreSQL found that another connection is creating the same table or index. */
export const isBeingMade = (error: unknown): boolean => hasCode(error, '23505', '42P07', '42710');

/** How often to try a statement. Each time that it fails, another one has succeeded. */
const mostTries = 50;

/** Runs a statement, and repeats it as long as it fails for a temporary reason. */
export const retried = async <Reply>(
	run: () => Promise<Reply>,
	isTemporary: (error: unknown) => boolean,
): Promise<Reply> => {
	for (let tries = 1; ; tries++) {
		try {
			return await run();
		} catch (error) {
			if (tries === mostTries || !isTemporary(error)) throw error;
		}
	}
};

/** Whether a role may not create tables. */
export const isForbidden = (error: unknown): boolean =>
	hasCode(error, '42501', 'ER_TABLEACCESS_DENIED_ERROR', 'ER_DBACCESS_DENIED_ERROR');

const isMissingTable = (error: unknown): boolean =>
	hasCode(error, '42P01', 'ER_NO_SUCH_TABLE') || (isDriverError(error) && error.message.startsWith('no such table'));

/** Whether a table lacks a column. */
export const isOtherTable = (error: unknown): boolean =>
	hasCode(error, '42703', 'ER_BAD_FIELD_ERROR') ||
	(isDriverError(error) && /^no such column|has no column named/.test(error.message));

const isTooLarge = (error: unknown): boolean => hasCode(error, 'ER_NET_PACKET_TOO_LARGE');

export const tooLarge = (): SessionError =>
	new SessionError(
		'ERR_SESSION_STORE',
		'The session is larger than the server accepts. Raise its `max_allowed_packet` to 16 MB or more, or store less',
	);

/** The error to reject with: it has the reason, and nothing of what was read or written. */
export const toStoreError = (error: unknown, table: string): Error => {
	if (error instanceof SessionError) return error;
	const remedy = 'once with `createTable()` or `npx koa-server-session create-table`';
	if (isMissingTable(error)) {
		return new SessionError(
			'ERR_SESSION_STORE',
			`There is no table \`${table}\` to keep sessions in. Create it ${remedy}`,
		);
	}
	if (isOtherTable(error)) {
		return new SessionError(
			'ERR_SESSION_STORE',
			`The table \`${table}\` lacks columns of a session, so something else uses it. Set \`table\` to another name, and create that one ${remedy}`,
		);
	}
	return isTooLarge(error) ? tooLarge() : withoutData(error);
};

/** Errors of drivers carry the statement with its values, and their messages quote values. */
const withoutData = (error: unknown): Error => {
	if (!isDriverError(error)) return new Error('Unknown fault');

	const {message, code} = error;
	// If every address of a host failed, only the inner errors have a message.
	const told = new Error(message === '' ? String(code) : withoutQuotes(message));
	return code === undefined ? told : Object.assign(told, {code});
};

const namesOnly = /^[^"]*(?:"[\w.$]+"[^"]*)*$/;

/** PostgreSQL quotes names and values with `"`, MySQL with `'`. A value may hold quotes, so everything up to the last one is removed. */
const withoutQuotes = (message: string): string => {
	const told = message.replace(/'.*'/s, "'…'");
	return namesOnly.test(told) ? told : told.replace(/".*"/s, '"…"');
};
