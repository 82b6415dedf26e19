/**
Compare and swap with files, between processes that may end at any moment.

The file that holds token A is to be followed by one that holds token B:

1. Write B, complete, as a *proposal* of its own name.
2. Link it to the one name that is the *claim* to follow A. Taken: somebody else is at it.
3. Look whether the file still holds A.
4. Rename the proposal over the file, and take away the claim.

What makes this safe: tokens never come back; B's proposal can be used up only once, by renaming or by withdrawing it;
and while the file holds A, only the holder of the claim to follow A may change it. So whoever meets a claim may do
steps 3 and 4 in the holder's stead, at once, whether that process is slow or gone: one rename works, every other
finds the proposal used up. Nobody waits for anybody.

A file can't be deleted like that, since `unlink()` would also take what came after it. So a live record is deleted by
following it with an empty one that ended in 1970, and then, like any expired one, *reaped*: claimed by a link of the
file to itself, which nobody completes for another.
*/
import {setTimeout as pause} from 'node:timers/promises';
import {isLive} from '../shared/record.ts';
import {type Next, readEntry, unreadable, write} from './entry.ts';
import type {Slot} from './slot.ts';
import {hasCode, linkNew, remove, renameOver, unlinkOnce} from './system.ts';

/** After this long, whoever made a proposal or a claim is gone. A running process takes about a millisecond. */
const abandonedAfter = 300_000;

export const isAbandoned = (changedAt: number): boolean => Date.now() - changedAt > abandonedAfter;

/** How often to try again, a millisecond apart, while another process is between two steps with the same file. */
export const patience = 1000;

/** What to reject with when patience ends. */
export const busy = (): Error =>
	new Error('Another process is at this session, or was killed at it. Try again, in five minutes at the latest');

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

/** Follows the live record at `base`. Rejects with `ENOENT` if there isn't even a directory. */
export const swap = async (slot: Slot, base: string, next: Next, mode: number): Promise<boolean> => {
	const startedAt = Date.now();
	const proposal = slot.proposal(next.token);
	await write(proposal, next, mode);

	const claim = slot.claim(base);
	if (!(await linkNew(proposal, claim))) {
		await remove(proposal);
		await settle(slot, base);
		return false;
	}

	try {
		const current = await readEntry(slot.file);
		const isOurs = current?.token === base && isLive(current);
		if (isOurs ? await renameOver(proposal, slot.file) : await unlinkOnce(proposal)) return isOurs;
	} catch (error) {
		// As long as the proposal can be used, its claim has to stay.
		await unlinkOnce(proposal);
		throw error;
	} finally {
		await remove(claim);
	}

	// Used up by another: it completed our claim, unless it was a sweep that came after minutes.
	if (!isAbandoned(startedAt)) return true;
	throw new Error('The write was interrupted for minutes, so whether it counted is unknown. Read the record again');
};

/** Brings the claim of another caller to its end, if that is safe. */
export const settle = async (slot: Slot, base: string): Promise<void> => {
	const path = slot.claim(base);
	const claim = await readEntry(path);
	if (!claim) return;

	const current = await readEntry(slot.file);
	const isReaped = claim.token === base;
	const isForeign = claim.token === unreadable && !isReaped;
	if (current?.token !== base || isForeign) {
		await remove(path);
	} else if (!isReaped && isLive(current)) {
		await renameOver(slot.proposal(claim.token), slot.file);
		await remove(path);
	} else if (isAbandoned(claim.changedAt)) {
		if (!isReaped) await remove(slot.proposal(claim.token));
		await remove(path);
	}
};

/** Removes the expired record at `base`. `false`: somebody else is at it, or it isn't there any more. */
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
