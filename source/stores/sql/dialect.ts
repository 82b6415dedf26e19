import type {QueryExecutorProvider} from 'kysely';

/** What differs between databases. All else is the same SQL, which Kysely writes for each. */
export type Dialect = {
	/** The types of columns. */
	readonly key: string;
	readonly version: string;
	readonly bytes: string;

	/** Where indexes are made, and how that of subjects, which may be longer than what an index holds. */
	readonly indexes: 'after the table' | 'by hash' | 'within the table';

	/** Whether `insert` can replace a row on a condition, and tell whether it did. */
	readonly hasOnConflict: boolean;

	/** The most bytes of a record. */
	readonly maxBytes: number;

	/** How many expired records are deleted at once. */
	readonly pruneStep: number;
};

export const dialects: {readonly [name in 'postgres' | 'mysql' | 'sqlite']: Dialect} = {
	postgres: {
		// Bytewise: faster to compare, and in the same order whatever the locale.
		key: 'varchar(250) collate "C"',
		version: 'bytea',
		bytes: 'bytea',
		indexes: 'by hash',
		hasOnConflict: true,
		// A reply spells a byte in two characters, and V8 has texts of at most 512 MB.
		maxBytes: 2 ** 27,
		pruneStep: 500,
	},
	mysql: {
		key: 'varchar(250) character set ascii collate ascii_bin',
		version: 'varbinary(8)',
		bytes: 'mediumblob',
		indexes: 'within the table',
		hasOnConflict: false,
		// A statement spells a byte in two characters, and MariaDB takes 16 MB of those unless told otherwise.
		maxBytes: 2 ** 23 - 2 ** 17,
		pruneStep: 500,
	},
	sqlite: {
		key: 'text',
		version: 'blob',
		bytes: 'blob',
		indexes: 'after the table',
		hasOnConflict: true,
		// SQLite would keep seven times that, but the process waits while it reads and writes.
		maxBytes: 2 ** 27,
		// The process waits here too: a millisecond or so.
		pruneStep: 10,
	},
};

/**
Tells the dialect by what it can do, so that others' dialects for the same databases are known too.

@throws TypeError For another database.
*/
export const dialectOf = (client: QueryExecutorProvider): Dialect => {
	const {supportsReturning, supportsOutput, supportsTransactionalDdl} = client.getExecutor().adapter;
	if (supportsOutput) throw new TypeError('Expected a Kysely for PostgreSQL, MySQL, MariaDB or SQLite, got another');
	if (!supportsReturning) return dialects.mysql;
	return supportsTransactionalDdl ? dialects.postgres : dialects.sqlite;
};
