/**
Compare-and-swap with files, between processes that may end at any moment.

A file that holds token A is replaced by one that holds token B in four steps:

1. Write B completely, under the name of its *proposal*.
2. Link it to the one name that is the *claim* to replace A. If that name is taken, another process is replacing A.
3. Check that the file still holds A.
4. Rename the proposal to the file, and remove the claim.

A touch only sets the file's times, so it may come between steps 3 and 4 and be lost. Therefore it looks afterwards whether
the file is claimed or replaced, and is tried again while it is claimed. It also looks before: as long as the end is as the
claim's holder saw it, anybody can complete that write.

If B may replace only a record with a certain end, its token names that end, since another process may do steps 3 and 4. Once
a touch has moved the end, nobody but the claim's holder knows which one it saw, so others leave that claim for minutes.

This is safe because a file that no longer holds a token never will again; because B's proposal can be used up only once, by
renaming or withdrawing it; and because while the file holds A, only the holder of the claim to replace A may change it. So
any process that meets a claim may do steps 3 and 4 for its holder, at once, whether that process is slow or dead: one rename
works, and every other finds the proposal used up, and leaves the claim to the one that used it.

A file can't be deleted like that, because `unlink()` would also remove a file that replaced it. So a live record is
deleted by replacing it with an empty one that ended in 1970. That one is *reaped* like any expired record: it is claimed
by a link to the file itself, which no process completes for another.
*/
import type {FileHandle} from 'node:fs/promises';
import {setTimeout as pause} from 'node:timers/promises';
import {drawText} from '../../tokens/random.ts';
import {isLive} from '../shared/record.ts';
import {type Next, readEntry, setEnd, unreadable, write} from './entry.ts';
import type {Slot} from './slot.ts';
import {exists, hasCode, linkNew, numberOf, remove, renameOver, unlinkOnce} from './system.ts';
import {mayReplace} from './token.ts';

/** After this long, the process that made a proposal or a claim has died. A running one takes milliseconds. */
const abandonedAfter = 300_000;

/** The same for a process that has used up its proposal and only has to remove its claim. */
const usedUpAfter = 10_000;

export const isAbandoned = (changedAt: number, after = abandonedAfter): boolean => Date.now() - changedAt > after;

/** How often to try again, a millisecond apart at least, while another process is between two steps for the same file. */
export const patience = 1000;

/** The error to reject with when patience ends. */
export const busy = (): Error =>
	new Error(
		'Another process is changing this session, or was killed while it did. Try again now, or in five minutes if it was killed',
	);

/** Gives a proposal the name of the session file. `false`: a live record has it. */
export const insert = async (slot: Slot, token: string): Promise<boolean> => {
	for (let tries = 0; tries < patience; tries++) {
		if (await linkNew(slot.proposal(token), slot.file)) return true;

		const current = await readEntry(slot.file);
		if (current && isLive(current)) return false;
		if (current && !(await reap(slot, current.token))) await pause(1);
	}
	throw busy();
};

/** What to replace: the file with that token, and that end if there is one. */
export type Base = {readonly token: string; readonly expiresAt?: number | undefined};

/** Replaces the live record at `base`. Rejects with `ENOENT` if there isn't even a directory. */
export const swap = async (slot: Slot, base: Base, next: Next, mode: number): Promise<boolean> => {
	const startedAt = Date.now();
	const proposal = slot.proposal(next.token);
	await write(proposal, next, mode);

	const claim = slot.claim(base.token);
	if (!(await linkNew(proposal, claim))) {
		await remove(proposal);
		await settle(slot, base.token);
		return false;
	}

	try {
		const current = await readEntry(slot.file);
		const isOurs =
			current?.token === base.token && isLive(current) && current.expiresAt === (base.expiresAt ?? current.expiresAt);
		if (isOurs ? await renameOver(proposal, slot.file) : await unlinkOnce(proposal)) {
			await remove(claim);
			return isOurs;
		}
	} catch (error) {
		// As long as the proposal can be used, its claim must stay.
		if (await unlinkOnce(proposal)) await remove(claim);
		throw error;
	}

	// Another process used it up: it completed our claim, unless it removed the claim as abandoned.
	if (!isAbandoned(startedAt)) return true;
	throw new Error('The write was interrupted for minutes, so whether it counted is unknown. Read the record again');
};

/**
Replaces the live record at a token by a copy that has the same token and another end. `false`: it isn't there any more.
`claimed`: another process is changing it, which may leave it at that token.

The claim holds the file's own token, as when a record is reaped. So no other process completes it.
*/
export const replaceByCopy = async (slot: Slot, copy: Next, mode: number): Promise<boolean | 'claimed'> => {
	const claim = slot.claim(copy.token);
	if (await exists(claim)) return 'claimed';
	const proposal = slot.proposal(drawText(16, 'hex'));
	await write(proposal, copy, mode);

	if (!(await linkNew(proposal, claim))) {
		await remove(proposal);
		return 'claimed';
	}

	try {
		const current = await readEntry(slot.file);
		if (current?.token === copy.token && isLive(current)) return await renameOver(proposal, slot.file);
		await remove(proposal);
		return false;
	} catch (error) {
		await remove(proposal);
		throw error;
	} finally {
		await remove(claim);
	}
};

/**
Moves the end of the file that holds a token. `false`: the file is no longer in its place. `claimed`: another process may be
about to replace it, and may have looked at the end before.

@param file The file, open: otherwise the one that replaces it might get the same number.
*/
export const moveEnd = async (
	slot: Slot,
	token: string,
	file: FileHandle,
	expiresAt: number,
): Promise<boolean | 'claimed'> => {
	const claim = slot.claim(token);
	if (await exists(claim)) return 'claimed';
	await setEnd(file, expiresAt);
	if (await exists(claim)) return 'claimed';
	const [{ino}, now] = await Promise.all([file.stat({bigint: true}), numberOf(slot.file)]);
	return ino === now;
};

/** Completes or removes the claim of another process, if that is safe. */
export const settle = async (slot: Slot, base: string): Promise<void> => {
	const path = slot.claim(base);
	const claim = await readEntry(path);
	if (!claim) return;

	const current = await readEntry(slot.file);
	const isReaped = claim.token === base;
	const isForeign = claim.token === unreadable && !isReaped;
	if (current?.token !== base || isForeign) return remove(path);

	const proposal = slot.proposal(claim.token);
	const mayComplete = !isReaped && isLive(current) && mayReplace(claim.token, current.expiresAt);
	if (mayComplete && (await renameOver(proposal, slot.file))) return remove(path);

	// The process that uses a proposal up removes its claim. By now there may be the next one.
	const isUsedUp = !isReaped && !(await exists(proposal));
	if (!isAbandoned(claim.changedAt, isUsedUp ? usedUpAfter : abandonedAfter)) return;
	if (!isReaped) await remove(proposal);
	await remove(path);
};

/** Removes the expired record at `base`. `false`: another process is changing it, or it doesn't exist any more. */
export const reap = async (slot: Slot, base: string): Promise<boolean> => {
	const claim = slot.claim(base);
	try {
		if (!(await linkNew(slot.file, claim))) {
			await settle(slot, base);
			return false;
		}
	} catch (error) {
		if (hasCode(error, 'ENOENT')) return false;
		throw error;
	}

	try {
		const current = await readEntry(slot.file);
		return current?.token === base && !isLive(current) && (await unlinkOnce(slot.file));
	} finally {
		await remove(claim);
	}
};
