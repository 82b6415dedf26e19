import type {Compilable, ExpressionBuilder, QueryCreator, Updateable} from 'kysely';
import type {Version, VersionedRecord} from '../../store.ts';
import {isLive} from '../shared/record.ts';
import type {Dialect} from './dialect.ts';
import {isDuplicate} from './errors.ts';
import {readCount, readNumber, readText, valuesOf} from './reply.ts';
import {decodeVersion, encodeVersion, type NewRow, type Row, toExpiry, toRecord} from './row.ts';
import type {Statements} from './statements.ts';

/** A database, of which this store knows only that its tables have such rows. */
export type Database = QueryCreator<Tables>;

type Tables = Readonly<Record<string, Row>>;

/** A record without its data. */
export type State = {readonly version: Version; readonly expiresAt: number; readonly isLive: boolean};

/**
What is to be done with the table.

@param lost Given the second time: the error of the connection that broke the first time, when it may have been done or not.
*/
export type Operation<Reply> = (table: SessionTable, lost?: unknown) => Promise<Reply>;

/** The statements on the table of sessions. A record lives by the clock of this machine. */
export class SessionTable {
	readonly #database: Database;
	readonly #statements: Statements;
	readonly #name: string;
	readonly #dialect: Dialect;

	constructor(database: Database, statements: Statements, name: string, dialect: Dialect) {
		this.#database = database;
		this.#statements = statements;
		this.#name = name;
		this.#dialect = dialect;
	}

	/** Inserts a row, or replaces an expired one. `false`: a live record has the key. */
	insert(row: NewRow): Promise<boolean> {
		return this.#dialect.hasOnConflict ? this.#insertOnConflict(row) : this.#insertOrReplace(row);
	}

	async read(key: string): Promise<VersionedRecord | undefined> {
		const {rows} = await this.#statements.run('read', {key, now: Date.now()}, values =>
			this.#database
				.selectFrom(this.#name)
				.select(eb => [
					this.#bytes(eb, 'version').as('version'),
					this.#expiry(eb),
					this.#bytes(eb, 'subject').as('subject'),
					this.#bytes(eb, 'data').as('data'),
				])
				.where('key', '=', values.key)
				.where('expires_at', '>', values.now),
		);
		return rows[0] === undefined ? undefined : toRecord(valuesOf(rows[0]), this.#dialect.readBytes);
	}

	/** Reads the state of a record, expired or not. */
	async readState(key: string): Promise<State | undefined> {
		const {rows} = await this.#statements.run('read state', {key}, values =>
			this.#database
				.selectFrom(this.#name)
				.select(eb => [this.#bytes(eb, 'version').as('version'), this.#expiry(eb)])
				.where('key', '=', values.key),
		);
		if (rows[0] === undefined) return undefined;

		const [version, expiry] = valuesOf(rows[0]);
		const expiresAt = readNumber(expiry);
		return {version: decodeVersion(this.#dialect.readBytes(version)), expiresAt, isLive: isLive({expiresAt})};
	}

	/** Changes a live record that is still at `version`, and at `knownExpiry` if that is given. `false`: there is none. */
	async update(key: string, row: Omit<NewRow, 'key'>, version: Version, knownExpiry?: number): Promise<boolean> {
		if (knownExpiry === undefined) return this.#change('update', key, row, version);

		const values = {row, key, now: Date.now(), version: encodeVersion(version), known: toExpiry(knownExpiry)};
		const updated = await this.#statements.run('update at an expiry', values, ({row, known, ...values}) =>
			this.#changing(row, values).where('expires_at', '=', known),
		);
		return readCount(updated) > 0;
	}

	/** Changes the expiry of a live record that is still at `version`. `false`: there is none. */
	touch(key: string, expiresAt: number, version: Version): Promise<boolean> {
		return this.#change('touch', key, {expires_at: expiresAt}, version);
	}

	/** Deletes a live record that is still at `version`; without one, at any version. `false`: there is none. */
	async delete(key: string, version?: Version): Promise<boolean> {
		const live = {key, now: Date.now()};
		const deleteLive = (values: typeof live) =>
			this.#database.deleteFrom(this.#name).where('key', '=', values.key).where('expires_at', '>', values.now);
		const deleted =
			version === undefined
				? this.#statements.run('delete', live, deleteLive)
				: this.#statements.run('delete a version', {...live, version: encodeVersion(version)}, values =>
						deleteLive(values).where('version', '=', values.version),
					);
		return readCount(await deleted) > 0;
	}

	async listExpired(limit: number): Promise<string[]> {
		return this.#keys(
			this.#database
				.selectFrom(this.#name)
				.select('key')
				.where('expires_at', '<=', Date.now())
				// By the index: a walk through the table would pass the deleted rows at its beginning again each time.
				.orderBy('expires_at')
				.limit(limit),
		);
	}

	/** Deletes those that are still expired; resolves with how many. */
	async deleteExpired(keys: readonly string[]): Promise<number> {
		return readCount(
			await this.#statements.once(
				this.#database.deleteFrom(this.#name).where('key', 'in', keys).where('expires_at', '<=', Date.now()),
			),
		);
	}

	/** The keys of a subject's live records, in order, that come after `last`. */
	async listBySubject(subject: string, last: string, limit: number): Promise<string[]> {
		return this.#keys(
			this.#database
				.selectFrom(this.#name)
				.select('key')
				.where('subject', '=', Buffer.from(subject))
				.where('expires_at', '>', Date.now())
				.where('key', '>', last || lowest)
				.orderBy('key')
				.limit(limit),
		);
	}

	/** The live keys that begin with `prefix`, in order, that come after `last`. */
	async listKeys(prefix: string, last: string, limit: number): Promise<string[]> {
		return this.#keys(
			this.#database
				.selectFrom(this.#name)
				.select('key')
				// One bound only: of two, SQLite takes the first, and each step would begin at the beginning.
				.where('key', last === '' ? '>=' : '>', last || prefix || lowest)
				// Not `like`, to which some characters mean others. Keys are ASCII, and this is its last character.
				.where('key', '<', `${prefix}\x7F`)
				.where('expires_at', '>', Date.now())
				.orderBy('key')
				.limit(limit),
		);
	}

	async #change(name: string, key: string, change: Updateable<Row>, version: Version): Promise<boolean> {
		const values = {change, key, now: Date.now(), version: encodeVersion(version)};
		const changed = await this.#statements.run(name, values, ({change, ...values}) => this.#changing(change, values));
		return readCount(changed) > 0;
	}

	#changing(change: Updateable<Row>, {key, now, version}: {key: string; now: number; version: Buffer}) {
		return this.#database
			.updateTable(this.#name)
			.set(change)
			.where('key', '=', key)
			.where('expires_at', '>', now)
			.where('version', '=', version);
	}

	async #insertOnConflict(row: NewRow): Promise<boolean> {
		const [version, expiresAt] = [`${this.#name}.version`, `${this.#name}.expires_at`] as const;
		const inserted = await this.#statements.run('insert', {row, now: Date.now()}, ({row, now}) =>
			this.#database
				.insertInto(this.#name)
				.values(row)
				.onConflict(conflict =>
					conflict
						.column('key')
						// Not by `excluded`, which a plugin may rewrite. So the data travel twice, once in a session's life.
						.doUpdateSet(row)
						// Or it is this very row: a client that lost the reply sent it again.
						.where(({eb, or}) => or([eb(expiresAt, '<=', now), eb(version, '=', row.version)])),
				),
		);
		return readCount(inserted) > 0;
	}

	async #insertOrReplace(row: NewRow): Promise<boolean> {
		// The third try is for an expired row that was in the way, and was pruned before it could be replaced.
		return (await this.#insertNew(row)) || (await this.#replace(row)) || this.#insertNew(row);
	}

	async #insertNew(row: NewRow): Promise<boolean> {
		try {
			const inserted = await this.#statements.run('insert new', {row}, ({row}) =>
				this.#database.insertInto(this.#name).values(row),
			);
			return readCount(inserted) > 0;
		} catch (error) {
			if (isDuplicate(error)) return false;
			throw error;
		}
	}

	async #replace(row: NewRow): Promise<boolean> {
		const replaced = await this.#statements.run('replace', {row, now: Date.now()}, ({row, now}) =>
			this.#database
				.updateTable(this.#name)
				.set(row)
				.where('key', '=', row.key)
				.where(({eb, or}) => or([eb('expires_at', '<=', now), eb('version', '=', row.version)])),
		);
		return readCount(replaced) > 0;
	}

	/** A column of bytes as a reply is to have it. */
	#bytes(eb: ExpressionBuilder<Tables, string>, column: 'version' | 'subject' | 'data') {
		const [name, ...values] = this.#dialect.base64 ?? [];
		return name === undefined ? eb.ref(column) : eb.fn(name, [column, ...values.map(value => eb.val(value))]);
	}

	/** The expiry, spelled too: of a number, the binary format of `pg` reads another one. */
	#expiry(eb: ExpressionBuilder<Tables, string>) {
		return (this.#dialect.base64 ? eb.fn('concat', ['expires_at']) : eb.ref('expires_at')).as('expiry');
	}

	async #keys(statement: Compilable): Promise<string[]> {
		const {rows} = await this.#statements.once(statement);
		return rows.map(row => readText(valuesOf(row)[0]));
	}
}

/** Comes before each key, which has no spaces. Not the empty text, which MariaDB can be set to read as `null`. */
const lowest = ' ';
