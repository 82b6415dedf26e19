import type {CompiledQuery} from 'kysely';
import type {Dialect} from './dialect.ts';
import {isBeingMade, isForbidden, isOtherTable, retried} from './errors.ts';
import {loadKysely, type SqlClient} from './kysely.ts';
import type {Row} from './row.ts';

/** The statements that create the table and its indexes, each only if it doesn't exist. */
export const define = async (client: SqlClient, table: string, dialect: Dialect): Promise<CompiledQuery[]> => {
	const {SchemaModule, sql} = await loadKysely();
	const schema = new SchemaModule(client.getExecutor());
	const type = (name: 'key' | 'version' | 'bytes') => sql`${sql.raw(dialect[name])}`;

	const name = table.split('.').at(-1);
	const [ofExpiry, ofSubject] = [`${name}_expires_at`, `${name}_subject`];
	const ref = (name: string) => sql.ref(name);
	// Within the table, since MySQL can't create an index only if it is missing. Of a subject, only the beginning fits.
	const indexes = sql`, index ${ref(ofExpiry)} (${ref('expires_at')}), index ${ref(ofSubject)} (${ref('subject')}(255))`;
	const isWithin = dialect.indexes === 'within the table';

	const creation = schema
		.createTable(table)
		.ifNotExists()
		.addColumn('key', type('key'), column => column.primaryKey().notNull())
		.addColumn('version', type('version'), column => column.notNull())
		.addColumn('expires_at', 'bigint', column => column.notNull())
		.addColumn('subject', type('bytes'))
		.addColumn('data', type('bytes'), column => (isWithin ? column.notNull().modifyEnd(indexes) : column.notNull()));
	if (isWithin) return [creation.compile()];

	const index = (name: string) => schema.createIndex(name).ifNotExists().on(table);
	const expiries = index(ofExpiry).column('expires_at').compile();
	const subjects = index(ofSubject).column('subject').where('subject', 'is not', null);
	if (dialect.indexes === 'by hash') return [creation.compile(), expiries, subjects.using('hash').compile()];
	// In the order of a walk, or each of its steps would sort all of a subject's keys again. A hash has no order.
	return [creation.compile(), withSchemaFirst(expiries), withSchemaFirst(subjects.column('key').compile())];
};

/** SQLite wants the schema before the name of the index. Kysely puts it before that of the table. */
const withSchemaFirst = (statement: CompiledQuery): CompiledQuery => ({
	...statement,
	sql: statement.sql.replace(/ ("\w+") on ("[^"]+"\.)/, ' $2$1 on '),
});

/**
Creates the table if it doesn't exist. If it does, a role that may not create tables gets no error.

Rejects if there is another table of that name, which `if not exists` would take for ours.
*/
export const createTable = async (client: SqlClient, table: string, dialect: Dialect): Promise<void> => {
	const {QueryCreator} = await loadKysely();
	const executor = client.getExecutor();
	const columns = ['key', 'version', 'expires_at', 'subject', 'data'] as const;
	const nothing = new QueryCreator<Record<string, Row>>({executor}).selectFrom(table).select(columns).limit(0);

	let refusal: unknown;
	try {
		for (const statement of await define(client, table, dialect)) {
			await retried(() => executor.executeQuery(statement), isBeingMade);
		}
	} catch (error) {
		if (!isForbidden(error)) throw error;
		refusal = error;
	}

	try {
		await nothing.execute();
	} catch (error) {
		if (isOtherTable(error)) throw error;
		// Who may create a table needn't be allowed to read it.
		if (refusal !== undefined) throw refusal;
	}
};
