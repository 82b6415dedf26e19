import {SessionError} from '../../errors.ts';

// Drivers can be set to return almost anything. What is read here is either what the database has, or an error.

/**
The values of a row, in the order in which its columns were asked for.

Not by name: a driver may be set to return arrays, or to put the table before each name.
*/
export const valuesOf = (row: unknown): readonly unknown[] =>
	typeof row === 'object' && row !== null ? Object.values(row) : [];

/** Reads a text of ASCII, as text or as its bytes. */
export const readText = (value: unknown): string => {
	if (typeof value === 'string') return value;
	if (value instanceof Uint8Array) return toBuffer(value).toString('latin1');
	throw unreadable();
};

/** Reads bytes that the database was asked to spell as base64, since drivers can be set to parse bytes in another way. */
export const readBase64 = (value: unknown): Buffer => Buffer.from(readText(value), 'base64');

/** Reads bytes as they are. */
export const readOctets = (value: unknown): Buffer => {
	if (value instanceof Uint8Array) return toBuffer(value);
	throw unreadable();
};

/** Reads a whole number: a number or a `bigint` of SQLite, or the text that other databases were asked for. */
export const readNumber = (value: unknown): number => {
	const number = Number(typeof value === 'number' || typeof value === 'bigint' ? value : digitsOf(readText(value)));
	if (!Number.isSafeInteger(number)) throw unreadable();
	return number;
};

const digitsOf = (text: string): string | undefined => /^\d+$/.exec(text)?.[0];

/** Reads how many rows a statement changed. A driver that doesn't say so must not count as one that says "none". */
export const readCount = ({numAffectedRows}: {readonly numAffectedRows?: bigint | undefined}): number => {
	if (typeof numAffectedRows !== 'bigint')
		throw new SessionError(
			'ERR_SESSION_STORE',
			"The Kysely dialect doesn't say how many rows a statement changed (`numAffectedRows`), which sessions rely on. Use another dialect",
		);
	return Number(numAffectedRows);
};

/** Makes the error for a value of another form than every driver has by default. */
export const unreadable = (): SessionError =>
	new SessionError(
		'ERR_SESSION_STORE',
		"The database driver returned a row in a form that the store can't read. Remove `typeCast` and `nestTables` (mysql2) or your type parsers (pg) from its pool, or open the store by URL",
	);

const toBuffer = ({buffer, byteOffset, byteLength}: Uint8Array): Buffer => Buffer.from(buffer, byteOffset, byteLength);
