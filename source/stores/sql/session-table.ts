import type {QueryCreator, Updateable} from 'kysely';
import type {Version, VersionedRecord} from '../../store.ts';
import {isLive} from '../shared/record.ts';
import type {Dialect} from './dialect.ts';
import {isDuplicate} from './faults.ts';
import {decodeVersion, encodeVersion, type NewRow, type Row, recordColumns, toRecord} from './row.ts';

/** A database, of which this store knows no more than that its tables have such rows. */
export type Database = QueryCreator<Readonly<Record<string, Row>>>;

/** A record without its data. */
export type State = {readonly version: Version; readonly expiresAt: number; readonly isLive: boolean};

/** The statements on the table of sessions. A record lives by the clock of this machine. */
export class SessionTable {
	readonly #database: Database;
	readonly #name: string;
	readonly #dialect: Dialect;

	constructor(database: Database, name: string, dialect: Dialect) {
		this.#database = database;
		this.#name = name;
		this.#dialect = dialect;
	}

	/** Inserts a row, also in place of an expired one. `false`: a live record has the key. */
	insert(row: NewRow): Promise<boolean> {
		return this.#dialect.hasOnConflict ? this.#insertOnConflict(row) : this.#insertOrReplace(row);
	}

	async read(key: string): Promise<VersionedRecord | undefined> {
		const row = await this.#database
			.selectFrom(this.#name)
			.select(recordColumns)
			.where('key', '=', key)
			.where('expires_at', '>', Date.now())
			.executeTakeFirst();
		return row && toRecord(row);
	}

	/** Reads what became of a record, expired or not. */
	async readState(key: string): Promise<State | undefined> {
		const row = await this.#database
			.selectFrom(this.#name)
			.select(['version', 'expires_at as expiry'])
			.where('key', '=', key)
			.executeTakeFirst();
		const expiresAt = Number(row?.expiry);
		return row && {version: decodeVersion(row.version), expiresAt, isLive: isLive({expiresAt})};
	}

	/** Changes a live record, if it is still at `version`. `false`: there is none such. */
	async update(key: string, change: Updateable<Row>, version: Version): Promise<boolean> {
		const {numUpdatedRows} = await this.#database
			.updateTable(this.#name)
			.set(change)
			.where('key', '=', key)
			.where('expires_at', '>', Date.now())
			.where('version', '=', encodeVersion(version))
			.executeTakeFirstOrThrow();
		return numUpdatedRows > 0n;
	}

	/** Deletes a live record, if it is still at `version`; without one, at whatever it is. `false`: there is none such. */
	async delete(key: string, version?: Version): Promise<boolean> {
		const live = this.#database.deleteFrom(this.#name).where('key', '=', key).where('expires_at', '>', Date.now());
		const {numDeletedRows} = await (version === undefined
			? live
			: live.where('version', '=', encodeVersion(version))
		).executeTakeFirstOrThrow();
		return numDeletedRows > 0n;
	}

	async listExpired(limit: number): Promise<string[]> {
		const rows = await this.#database
			.selectFrom(this.#name)
			.select('key')
			.where('expires_at', '<=', Date.now())
			// By the index: a walk through the table would pass again whatever was deleted at its beginning.
			.orderBy('expires_at')
			.limit(limit)
			.execute();
		return rows.map(({key}) => key);
	}

	/** Deletes those that are still expired; resolves with how many. */
	async deleteExpired(keys: readonly string[]): Promise<number> {
		const {numDeletedRows} = await this.#database
			.deleteFrom(this.#name)
			.where('key', 'in', keys)
			.where('expires_at', '<=', Date.now())
			.executeTakeFirstOrThrow();
		return Number(numDeletedRows);
	}

	/** The keys of a subject's live records, in order, after `last`. */
	async listBySubject(subject: string, last: string, limit: number): Promise<string[]> {
		const rows = await this.#database
			.selectFrom(this.#name)
			.select('key')
			.where('subject', '=', Buffer.from(subject))
			.where('expires_at', '>', Date.now())
			.where('key', '>', last)
			.orderBy('key')
			.limit(limit)
			.execute();
		return rows.map(({key}) => key);
	}

	/** The live keys that begin with `prefix`, in order, after `last`. */
	async listKeys(prefix: string, last: string, limit: number): Promise<string[]> {
		const rows = await this.#database
			.selectFrom(this.#name)
			.select('key')
			// One bound only: of two, SQLite takes the first, and each step would begin at the beginning.
			.where('key', last === '' ? '>=' : '>', last || prefix)
			// Not `like`, to which some characters mean others. Keys are ASCII, and this is its last character.
			.where('key', '<', `${prefix}\x7F`)
			.where('expires_at', '>', Date.now())
			.orderBy('key')
			.limit(limit)
			.execute();
		return rows.map(({key}) => key);
	}

	async #insertOnConflict(row: NewRow): Promise<boolean> {
		const [version, expiresAt] = [`${this.#name}.version`, `${this.#name}.expires_at`] as const;
		const {numInsertedOrUpdatedRows = 0n} = await this.#database
			.insertInto(this.#name)
			.values(row)
			.onConflict(conflict =>
				conflict
					.column('key')
					// Not by `excluded`, which a plugin may rewrite. So the data travel twice, once in a session's life.
					.doUpdateSet(row)
					// Or it is this very row: a client that lost the reply sent it again.
					.where(({eb, or}) => or([eb(expiresAt, '<=', Date.now()), eb(version, '=', row.version)])),
			)
			.executeTakeFirstOrThrow();
		return numInsertedOrUpdatedRows > 0n;
	}

	async #insertOrReplace(row: NewRow): Promise<boolean> {
		// At last once more, since an expired row that is in the way may be pruned before it is replaced.
		return (await this.#insertNew(row)) || (await this.#replace(row)) || this.#insertNew(row);
	}

	async #insertNew(row: NewRow): Promise<boolean> {
		try {
			await this.#database.insertInto(this.#name).values(row).execute();
			return true;
		} catch (error) {
			if (isDuplicate(error)) return false;
			throw error;
		}
	}

	async #replace(row: NewRow): Promise<boolean> {
		const {numUpdatedRows} = await this.#database
			.updateTable(this.#name)
			.set(row)
			.where('key', '=', row.key)
			.where(({eb, or}) => or([eb('expires_at', '<=', Date.now()), eb('version', '=', row.version)]))
			.executeTakeFirstOrThrow();
		return numUpdatedRows > 0n;
	}
}
