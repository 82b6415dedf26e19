import type {ExecutionContext} from 'ava';
import pg from 'pg';
import type {ExpressStore} from '../../../source/stores/express.ts';

/** A store of express-session in PostgreSQL, as connect-pg-simple makes it, while the server and its socket are gone. */
export const storeWithoutServer = (t: ExecutionContext): ExpressStore => {
	const pool = new pg.Pool({host: '/nowhere/postgresql'});
	t.teardown(() => pool.end());
	const ask = (sql: string, values: readonly unknown[], done: (error?: unknown, session?: unknown) => void): void => {
		pool.query(sql, [...values]).then(({rows}) => done(null, rows[0]?.sess), done);
	};
	return {
		get: (id, done) => ask('select sess from session where sid = $1', [id], done),
		set: (id, session, done) => ask('insert into session (sid, sess) values ($1, $2)', [id, session], done),
		destroy: (id, done) => ask('delete from session where sid = $1', [id], done),
	};
};
