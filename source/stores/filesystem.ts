import path from 'node:path';
import {setTimeout as pause} from 'node:timers/promises';
import {
	type SessionRecord,
	type Store,
	toVersion,
	type UpdateResult,
	type Version,
	type VersionedRecord,
} from '../store.ts';
import {type Entry, maxBytes, type Next, readEntry, withEntry, write} from './filesystem/entry.ts';
import {Housekeeper} from './filesystem/housekeeper.ts';
import {checkOptions, type FilesystemStoreOptions} from './filesystem/options.ts';
import {Shards, shardNames} from './filesystem/shards.ts';
import {isFile, isToken, Slot, slotOf} from './filesystem/slot.ts';
import {type Base, busy, insert, moveEnd, patience, reap, replaceByCopy, settle, swap} from './filesystem/swap.ts';
import {hasCode, remove} from './filesystem/system.ts';
import {drawToken} from './filesystem/token.ts';
import {isLive} from './shared/record.ts';
import {Sweeper} from './shared/sweeper.ts';
import type {Walk} from './shared/walk.ts';

export type {FilesystemStoreOptions} from './filesystem/options.ts';

/**
Keeps each session in a file, for any number of processes on one machine.

A process that is killed leaves every acknowledged write and no half-written one. After a power failure, the writes of
the last seconds may be undone, ends of sessions included: nothing waits for the disk. Needs a local filesystem with
hard links; network filesystems aren't supported. A copy of the directory must keep the files' modification times, because
those are when the sessions expire.

A file that isn't a session file, or is damaged, holds no session. Symbolic links below the directory are never followed.
Rejects with the operating system's error, such as `ENOSPC` or `EROFS`.

@throws TypeError, RangeError If an option isn't what it should be.

@example
import session from 'koa-server-session';
import {FilesystemStore} from 'koa-server-session/stores/filesystem';

app.use(session(app, {store: new FilesystemStore({directory: './sessions'})}));
*/
export class FilesystemStore implements Store {
	readonly maxBytes = maxBytes;
	readonly #directory: string;
	readonly #mode: number;
	readonly #shards: Shards;
	readonly #housekeeper: Housekeeper;
	readonly #sweeper: Sweeper;

	constructor(options: FilesystemStoreOptions = {}) {
		const {directory, mode, pruneEvery} = checkOptions(options);
		this.#directory = path.resolve(directory);
		this.#mode = mode;
		this.#shards = new Shards(this.#directory, mode);
		this.#housekeeper = new Housekeeper(this.#shards);
		// No index finds the expired ones: where one file in four has expired, as many are removed as are added.
		this.#sweeper = new Sweeper(pruneEvery, limit => this.#housekeeper.prune(limit, 2 * limit));
	}

	async create(key: string, record: SessionRecord): Promise<Version | undefined> {
		const slot = slotOf(this.#directory, key);
		const token = drawToken();
		if (!isLive(record)) return (await this.read(key)) ? undefined : toVersion(token);

		await this.#propose(slot, {...record, key, token});
		try {
			if (!(await insert(slot, token))) return undefined;
		} finally {
			await remove(slot.proposal(token));
		}

		this.#sweeper.count();
		return toVersion(token);
	}

	async read(key: string): Promise<VersionedRecord | undefined> {
		const entry = await this.#read(slotOf(this.#directory, key));
		if (!entry || !isLive(entry) || entry.key !== key) return undefined;

		const {bytes, expiresAt, subject, token} = entry;
		return {bytes, expiresAt, subject, version: toVersion(token)};
	}

	async update(key: string, record: SessionRecord, version: Version, knownExpiry?: number): Promise<UpdateResult> {
		const slot = slotOf(this.#directory, key);
		const token = drawToken(knownExpiry);
		const base = {token: version, expiresAt: knownExpiry};
		const next = {...record, key, token};
		const isWritten = isLive(record) ? await this.#swap(slot, base, next) : await this.#end(slot, base);
		if (isWritten) return {version: toVersion(token)};

		const current = await this.#read(slot);
		return current && isLive(current) ? 'conflict' : 'missing';
	}

	/** Changes nothing but the file's modification time. */
	async touch(key: string, expiresAt: number, version: Version): Promise<boolean> {
		const slot = slotOf(this.#directory, key);
		if (!(await this.#shards.has(slot.shard))) return false;

		for (let tries = 0; tries < patience; tries++) {
			const answer = await withEntry(slot.file, async (entry, handle) => {
				if (!handle || !isLive(entry) || entry.token !== version) return false;

				try {
					return await moveEnd(slot, version, handle, expiresAt);
				} catch (error) {
					if (hasCode(error, 'EPERM')) return entry;
					throw error;
				}
			});
			// Only a file's owner may set its times. A process that may replace the file puts a copy in its place.
			const isForeign = typeof answer === 'object';
			const moved = isForeign ? await replaceByCopy(slot, {...answer, expiresAt}, this.#mode) : answer;
			if (moved !== 'claimed') return moved ?? false;

			// Not while the file is open: the claim's holder may wait for its turn to open it.
			await settle(slot, version);
			if (tries > 0) await pause(1);
		}
		throw busy();
	}

	async delete(key: string, version?: Version): Promise<boolean> {
		const slot = slotOf(this.#directory, key);
		// Nearly always the newest one, so it isn't read first.
		if (version !== undefined && (await this.#end(slot, {token: version}))) return true;

		for (let tries = 0; tries < patience; tries++) {
			const current = await this.#read(slot);
			if (!current || !isLive(current) || current.token !== (version ?? current.token)) return false;
			if (await this.#end(slot, {token: current.token})) return true;
			await pause(1);
		}
		throw busy();
	}

	prune(limit: number): Promise<number> {
		return this.#housekeeper.prune(limit);
	}

	/** Reads every file. */
	bySubject(subject: string): Walk {
		return this.#walk(entry => entry.subject === subject);
	}

	/** Reads every file. */
	keys(prefix: string): Walk {
		return this.#walk(({key}) => key.startsWith(prefix));
	}

	async *#walk(isMeant: (entry: Entry) => boolean): Walk {
		for (const shard of shardNames) {
			const names = (await this.#shards.list(shard)).filter(isFile);
			while (names.length > 0) {
				const slots = names.splice(0, readAtOnce).map(name => new Slot(this.#directory, name));
				const entries = (await Promise.all(slots.map(readOwn))).filter(entry => entry !== undefined);
				yield entries.filter(entry => isLive(entry) && isMeant(entry)).map(({key}) => key);
			}
		}
	}

	async #read(slot: Slot): Promise<Entry | undefined> {
		return (await this.#shards.has(slot.shard)) ? readEntry(slot.file) : undefined;
	}

	/** Writes a proposal, and makes the directory for it if there is none, or none any more. */
	async #propose(slot: Slot, next: Next): Promise<void> {
		if (!(await this.#shards.has(slot.shard))) await this.#shards.make(slot.shard);
		try {
			await write(slot.proposal(next.token), next, this.#mode);
		} catch (error) {
			if (!hasCode(error, 'ENOENT')) throw error;
			await this.#shards.make(slot.shard);
			await write(slot.proposal(next.token), next, this.#mode);
		}
	}

	async #swap(slot: Slot, base: Base, next: Next): Promise<boolean> {
		if (!isToken(base.token) || !(await this.#shards.has(slot.shard))) return false;
		try {
			return await swap(slot, base, next, this.#mode);
		} catch (error) {
			// The whole directory was deleted, and the record with it.
			if (hasCode(error, 'ENOENT')) return false;
			throw error;
		}
	}

	/** Replaces a live record with an empty one that ended long ago, and removes that. */
	async #end(slot: Slot, base: Base): Promise<boolean> {
		const token = drawToken(base.expiresAt);
		if (!(await this.#swap(slot, base, {token, key: '', bytes: new Uint8Array(), expiresAt: 0}))) return false;

		// The session has ended already, and `prune()` removes what is left.
		await reap(slot, token).catch(() => {});
		return true;
	}
}

/** Reads a file that is in its key's place. A copy under another name is no record. */
const readOwn = async (slot: Slot): Promise<Entry | undefined> => {
	const entry = await readEntry(slot.file);
	return entry && slot.isOf(entry.key) ? entry : undefined;
};

/** How many files to read at once: enough to keep the disk busy, too few to block others. */
const readAtOnce = 32;
