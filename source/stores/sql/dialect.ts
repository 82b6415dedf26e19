import type {QueryExecutorProvider} from 'kysely';
import {readBase64, readOctets} from './reply.ts';

/** What differs between databases. All else is the same query, which Kysely translates for each. */
export type Dialect = {
	/** The types of columns. */
	readonly key: string;
	readonly version: string;
	readonly bytes: string;

	/** The function that spells bytes as base64, and its other arguments; none if bytes are returned as they are. */
	readonly base64: readonly [name: string, ...values: string[]] | undefined;

	/** Reads bytes of a reply. */
	readonly readBytes: (value: unknown) => Buffer;

	/** Where indexes are created, and how the one of subjects is, since a subject may be longer than an index allows. */
	readonly indexes: 'after the table' | 'by hash' | 'within the table';

	/** Whether `insert` can replace a row on a condition, and report whether it did. */
	readonly hasOnConflict: boolean;

	/** The most bytes of a record. */
	readonly maxBytes: number;

	/** How many expired records are deleted at once. */
	readonly pruneStep: number;
};

export const dialects: {readonly [name in 'postgres' | 'mysql' | 'sqlite']: Dialect} = {
	postgres: {
		// By bytes: faster to compare, and in the same order in every locale.
		key: 'varchar(250) collate "C"',
		version: 'bytea',
		bytes: 'bytea',
		base64: ['encode', 'base64'],
		readBytes: readBase64,
		indexes: 'by hash',
		hasOnConflict: true,
		// A statement spells a byte as two characters, and strings of V8 have at most 512 MB.
		maxBytes: 2 ** 27,
		pruneStep: 500,
	},
	mysql: {
		key: 'varchar(250) character set ascii collate ascii_bin',
		version: 'varbinary(8)',
		bytes: 'mediumblob',
		base64: ['to_base64'],
		readBytes: readBase64,
		indexes: 'within the table',
		hasOnConflict: false,
		// A statement spells a byte as two characters, and MariaDB accepts 16 MB by default.
		maxBytes: 2 ** 23 - 2 ** 17,
		pruneStep: 500,
	},
	sqlite: {
		key: 'text',
		version: 'blob',
		bytes: 'blob',
		base64: undefined,
		readBytes: readOctets,
		indexes: 'after the table',
		hasOnConflict: true,
		// SQLite could keep seven times as much, but the process waits while it reads and writes.
		maxBytes: 2 ** 27,
		// The process waits here too: about a millisecond.
		pruneStep: 10,
	},
};

/**
Recognises the dialect by what it can do, so that other dialects for the same databases are supported too.

@throws TypeError For another database.
*/
export const dialectOf = (client: QueryExecutorProvider): Dialect => {
	const {supportsReturning, supportsOutput, supportsTransactionalDdl} = client.getExecutor().adapter;
	if (supportsOutput) throw new TypeError('Expected a Kysely for PostgreSQL, MySQL, MariaDB or SQLite, got another');
	if (!supportsReturning) return dialects.mysql;
	return supportsTransactionalDdl ? dialects.postgres : dialects.sqlite;
};
