import {AsyncResource} from 'node:async_hooks';
import {publish} from '../events.ts';
import {Contest} from '../records/contest.ts';
import {ownError, unreadable} from '../records/errors.ts';
import type {Turn} from '../records/queue.ts';
import type {Absence} from '../records/records.ts';
import type {Replacement, StoredSession} from '../records/stored-session.ts';
import {Part} from './part.ts';
import type {RequestSession} from './request-session.ts';

/** How many requests are written in one call. Merging them takes a few milliseconds. */
const mostParts = 100;

/**
Writes the changes of requests. While one request of this process writes a session, others that want to write the same one
wait; then their changes are merged one after the other, and written in one call.

If another process was faster, the newest state is read, and all are merged with it. Nothing of a request changes before its
write has succeeded.
*/
export class JointWrites {
	readonly #waiting = new Map<string, Part[]>();

	/** Writes what a request made of its stored session. Resolves to `false` if the codec keeps nothing of it. */
	async write(request: RequestSession, from: StoredSession, replacement: Replacement): Promise<boolean> {
		const part = new Part(request, from, replacement);
		const turn = request.records.queue.takeIfFree(from.key, request);
		if (turn) await this.#lead(turn, request, [part]);
		else await this.#wait(part);
		if (part.fault) throw part.fault.error;
		return !part.isEmptied;
	}

	#wait(part: Part): Promise<void> {
		part.run = AsyncResource.bind(part.run);
		const {key} = part.from;
		const waiting = this.#waiting.get(key);
		if (waiting) waiting.push(part);
		else {
			this.#waiting.set(key, [part]);
			void this.#leadNext(part);
		}

		return new Promise(resolve => {
			part.wake = resolve;
		});
	}

	/** Writes what waits, as soon as it has its turn. */
	async #leadNext(part: Part): Promise<void> {
		const {
			request,
			from: {key},
		} = part;
		const turn = await request.records.queue.take(key, part);
		await this.#lead(turn, part, this.#taken(key, mostParts));
	}

	/** Takes parts that wait. Others lead the rest. */
	#taken(key: string, count: number): Part[] {
		const waiting = this.#waiting.get(key) ?? [];
		const taken = waiting.splice(0, count);
		const [next] = waiting;
		if (!next) this.#waiting.delete(key);
		else if (taken.length > 0) void next.run(() => this.#leadNext(next));
		return taken;
	}

	/** Writes parts in its turn. Others that wait may join them. */
	async #lead(turn: Turn, owner: object, parts: Part[]): Promise<void> {
		const [first] = parts;
		if (!first) return turn.end();

		const all = [...parts];
		try {
			const left = await writeTogether(parts, first.from);
			if (left.length > 0) await this.#contend(owner, left, all);
		} finally {
			turn.end();
			for (const part of all) part.wake?.();
		}
	}

	/**
	Another process was faster: merges with the newest state and tries again, until a write wins.

	@param all Gets the parts that join.
	*/
	async #contend(owner: object, parts: Part[], all: Part[]): Promise<void> {
		const [first] = parts as [Part];
		const {id, key} = first.from;
		const {records} = first.request;
		const contest = new Contest(records.queue, owner);
		let left = parts;
		try {
			do {
				publish('conflict', () => ({session: records.nameOf(key), tries: contest.tries + 1}));
				await contest.waitToRetry(key);
				const newest = await records.read(id, key);
				if (typeof newest === 'string') return lose(left, newest);

				newest.abort();
				const others = this.#taken(key, mostParts - left.length);
				all.push(...others);
				left = await writeTogether([...left, ...others], newest);
			} while (left.length > 0);
		} catch (error) {
			fail(left, error);
		} finally {
			contest.end();
		}
	}
}

/** Puts the changes of each request on top of those before it. What fails in this fails for its request alone. */
const merge = (parts: Part[], base: StoredSession): Part[] => {
	// The usual case: one request, and nobody else.
	if (parts.length === 1 && parts[0]?.before === base) return parts;

	const merged: Part[] = [];
	let before = base;
	for (const part of parts) {
		// The route has ended the session in the meantime.
		if (part.request.stored !== part.from) continue;

		try {
			if (part.before !== before) part.run(() => part.rebaseOn(before));
			if (part.isEmptied) continue;
			const {bytes, state} = part.replacement;
			part.request.records.checkSize(base.key, bytes, state);
			merged.push(part);
			before = part.after;
		} catch (error) {
			// Otherwise a request that only reads would fail because another one makes the session larger.
			if (part.isOfRoute) part.fail(error);
		}
	}

	return merged;
};

/**
Puts parts on top of a state and writes them in one call.

@returns What is still to be written, because another process was faster.
*/
const writeTogether = async (parts: Part[], base: StoredSession): Promise<Part[]> => {
	const merged = merge(parts, base);
	const last = merged.at(-1);
	if (!last) return [];

	try {
		const hasChanges = merged.some(part => part.hasChanges);
		const movesExpiry = last.replacement.expiresAt !== base.record.expiresAt;
		const isUntold = movesExpiry && !merged.every(({request}) => request.client.canLearn);
		const replacement = isUntold ? {...last.replacement, comparesExpiry: true} : last.replacement;
		const answer = hasChanges ? await last.request.records.replace(base, replacement) : base;
		if (answer === 'conflict') return merged;
		if (answer === 'missing') lose(merged, 'ended');
		else succeed(merged, answer);
	} catch (error) {
		fail(merged, error);
	}
	return [];
};

const succeed = (parts: readonly Part[], stored: StoredSession): void => {
	for (const part of parts) {
		try {
			part.run(() => part.succeed(stored, part === parts.at(-1)));
		} catch (error) {
			part.fail(error);
		}
	}
};

const lose = (parts: readonly Part[], reason: Absence): void => {
	for (const part of parts) {
		if (reason === 'undecodable') part.fail(unreadable());
		else part.run(() => part.request.lose(part.from, reason, {hasChanges: part.isOfRoute}));
	}
};

const fail = (parts: readonly Part[], error: unknown): void => {
	for (const part of parts) part.fail(part === parts[0] ? error : ownError(error));
};
