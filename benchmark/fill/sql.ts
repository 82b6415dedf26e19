import {type Kysely, sql} from 'kysely';
import {drawVersion} from '../../source/stores/shared/version.ts';
import {openMysql} from '../../source/stores/sql/mysql.ts';
import {openPostgres} from '../../source/stores/sql/postgres.ts';
import {type Row, toRow} from '../../source/stores/sql/row.ts';
import {openSqlite} from '../../source/stores/sql/sqlite.ts';
import {parseSqlUrl} from '../../source/stores/sql/url.ts';
import {chunks, type Fill} from './fill.ts';

const openers = {postgres: openPostgres, mysql: openMysql, sqlite: openSqlite};

/** Rows of a statement: SQLite takes 32,766 values. */
const rowsAtOnce = 2000;

/** The rows that the store would write, thousands in a statement. */
export const fillSql: Fill = async (url, records) => {
	const parsed = parseSqlUrl(url);
	const kysely = (await openers[parsed.dialect]({...parsed, queryTimeout: 60_000})) as Kysely<Record<string, Row>>;
	for (const chunk of chunks(records, rowsAtOnce)) {
		const rows = chunk.map(({key, record}) => ({key, ...toRow(record, drawVersion())}));
		await kysely.insertInto(parsed.table).values(rows).execute();
	}
	// PostgreSQL does so by itself within a minute of such a change, and plans by what it learnt.
	if (parsed.dialect === 'postgres') await sql`vacuum analyze ${sql.table(parsed.table)}`.execute(kysely);
	await kysely.destroy();
};
