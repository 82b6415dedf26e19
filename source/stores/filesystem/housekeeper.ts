import {randomInt} from 'node:crypto';
import {lstat} from 'node:fs/promises';
import path from 'node:path';
import {isLive} from '../shared/record.ts';
import {endOf, readEntry} from './entry.ts';
import {type Shards, shardNames} from './shards.ts';
import {isFile, leftoverOf, Slot} from './slot.ts';
import {isAbandoned, reap, settle} from './swap.ts';
import {hasCode, remove} from './system.ts';

/** How many files to look at together: enough to keep the disk busy, too few to block others. */
const batch = 32;

/** Removes expired records, and what killed processes left behind. */
export class Housekeeper {
	readonly #shards: Shards;
	/** Where the next round begins: at random, so that processes don't follow each other. */
	#next = randomInt(shardNames.length);

	constructor(shards: Shards) {
		this.#shards = shards;
	}

	/**
	Removes up to `limit` expired records, shard by shard. The next call begins at the next shard, also if this one fails.

	@param looks After so many files, it ends with their shard.
	*/
	async prune(limit: number, looks = Infinity): Promise<number> {
		let [deleted, looked] = [0, 0];
		for (const shard of this.#round()) {
			this.#next++;
			const names = await this.#enter(shard);
			looked += names.length;
			while (names.length > 0 && deleted < limit) {
				const expired = await this.#expired(names.splice(0, batch));
				const reaped = await Promise.all(expired.slice(0, limit - deleted).map(reapFile));
				deleted += reaped.filter(Boolean).length;
			}
			if (deleted >= limit || looked >= looks) break;
		}
		return deleted;
	}

	#round(): string[] {
		const next = this.#next % shardNames.length;
		return [...shardNames.slice(next), ...shardNames.slice(0, next)];
	}

	/** The names of the session files in a shard. */
	async #enter(shard: string): Promise<string[]> {
		const names = await this.#shards.list(shard);
		await Promise.all(names.map(name => this.#tidy(shard, name)));
		return names.filter(isFile);
	}

	async #expired(names: readonly string[]): Promise<Slot[]> {
		const slots = names.map(name => new Slot(this.#shards.directory, name));
		const areExpired = await Promise.all(slots.map(slot => isExpired(slot.file)));
		return slots.filter((_, index) => areExpired[index]);
	}

	/** Settles a claim or removes a proposal that its writer left minutes ago. */
	async #tidy(shard: string, name: string): Promise<void> {
		const leftover = leftoverOf(name);
		if (!leftover) return;

		const leftoverPath = path.join(this.#shards.directory, shard, name);
		const stats = await statsOf(leftoverPath);
		if (!stats || !isAbandoned(stats.ctimeMs)) return;

		const slot = new Slot(this.#shards.directory, leftover.name);
		if (leftover.kind === 'claim') return settle(slot, leftover.token);

		// A second name is a claim, which must be settled first, or the session file itself.
		if (stats.nlink === 1 || (await statsOf(slot.file))?.ino === stats.ino) await remove(leftoverPath);
	}
}

const reapFile = async (slot: Slot): Promise<boolean> => {
	const entry = await readEntry(slot.file);
	return entry !== undefined && !isLive(entry) && reap(slot, entry.token);
};

const isExpired = async (file: string): Promise<boolean> => {
	const stats = await statsOf(file);
	return stats?.isFile() === true && !isLive({expiresAt: endOf(stats)});
};

const statsOf = async (file: string) => {
	try {
		return await lstat(file);
	} catch (error) {
		if (hasCode(error, 'ENOENT')) return undefined;
		throw error;
	}
};
