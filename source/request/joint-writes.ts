import {SessionError} from '../errors.ts';
import {publish} from '../events.ts';
import {Contest} from '../records/contest.ts';
import {unreadable} from '../records/errors.ts';
import type {Turn} from '../records/queue.ts';
import type {Absence} from '../records/records.ts';
import type {Draft, StoredSession} from '../records/stored-session.ts';
import {expiryOf} from './expiry.ts';
import type {LiveState} from './live-state.ts';
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
	async write(request: RequestSession, from: StoredSession, draft: Draft): Promise<boolean> {
		const part = new Part(request, from, draft);
		const turn = request.records.queue.takeIfFree(from.key, request);
		if (turn) await this.#lead(turn, request, [part]);
		else await this.#wait(part);
		if (part.fault) throw part.fault.error;
		return !part.isEmptied;
	}

	#wait(part: Part): Promise<void> {
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
		else if (taken.length > 0) void this.#leadNext(next);
		return taken;
	}

	async #lead(turn: Turn, owner: object, all: Part[]): Promise<void> {
		const [first] = all;
		if (!first) return turn.end();

		const {request, from} = first;
		const {records} = request;
		let contest: Contest | undefined;
		let base = from;
		let parts = all;
		try {
			for (;;) {
				parts = merge(parts, base);
				const last = parts.at(-1);
				if (!last) return;

				const hasChanges = parts.some(part => part.hasChanges);
				const {bytes, expiresAt, state} = last.draft;
				const answer = hasChanges ? await records.replace(base, bytes, expiresAt, state) : base;
				if (typeof answer === 'object') return succeed(parts, answer);
				if (answer === 'missing') return lose(parts, 'ended');

				contest ??= new Contest(records.queue, owner);
				const {tries} = contest;
				publish('conflict', () => ({session: records.nameOf(from.key), tries: tries + 1}));
				await contest.lose(from.key);
				const newest = await records.read(from.id, from.key);
				if (typeof newest === 'string') return lose(parts, newest);

				newest.abort();
				base = newest;
				const others = this.#taken(from.key, mostParts - parts.length);
				parts = [...parts, ...others];
				all.push(...others);
			}
		} catch (error) {
			for (const part of parts) part.fail(part === parts[0] ? error : ownError(error));
		} finally {
			contest?.end();
			turn.end();
			for (const part of all) part.wake?.();
		}
	}
}

/** What one request has to write. */
class Part {
	readonly request: RequestSession;
	readonly live: LiveState;

	/** The session as the request knows it. */
	readonly from: StoredSession;

	/** What is to be written, and the state that it was made from. */
	draft: Draft;
	before: StoredSession;

	/** Whether the codec keeps nothing of it. */
	isEmptied = false;
	fault: {readonly error: unknown} | undefined;
	wake: (() => void) | undefined;
	#after: StoredSession | undefined;

	constructor(request: RequestSession, from: StoredSession, draft: Draft) {
		this.request = request;
		this.live = request.live;
		this.from = from;
		this.before = from;
		this.draft = draft;
	}

	get hasChanges(): boolean {
		const {bytes, expiresAt, state} = this.draft;
		const {record} = this.before;
		return bytes !== record.bytes || state.subject !== record.subject || expiresAt !== record.expiresAt;
	}

	/** What is stored once this is written, unless another part follows. */
	get after(): StoredSession {
		const {bytes, expiresAt, state} = this.draft;
		this.#after ??= this.before.with({bytes, expiresAt, subject: state.subject}, state);
		return this.#after;
	}

	/** Puts the changes on top of another state. */
	moveTo(before: StoredSession): void {
		const {request, live, from} = this;
		const state = before === from ? live.state : live.merged(from.decode(), before.decode(), request.options.merge);
		const bytes = before.encode(state);
		this.before = before;
		this.#after = undefined;
		if (bytes) this.draft = {bytes, expiresAt: expiryOf(request, before, state), state};
		else this.isEmptied = true;
	}

	/** Continues with what was written, which has the changes of later parts too unless this one is the last. */
	succeed(stored: StoredSession, isLast: boolean): void {
		const {request, live, from, before} = this;
		if (before !== from) {
			if (request.live === live) request.rebase(from.decode(), before.decode());
			request.client.hearElsewhere(before);
		}
		if (!isLast) {
			const {after} = this;
			if (request.live === live) request.rebase(after.decode(), stored.decode());
			const tellsNothing =
				after.record.expiresAt === before.record.expiresAt && after.facts.permanent === before.facts.permanent;
			if (tellsNothing) request.client.hearElsewhere(stored);
		}
		if (request.exchange.delivery() === 'sent') {
			publish('late-write', () => ({session: request.name, path: request.exchange.path}));
		}

		// What a `StoredSession` decodes belongs to one request.
		request.take(isLast ? stored : stored.with(stored.record, stored.facts), live);
	}

	fail(error: unknown): void {
		this.fault = {error};
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
			if (part.before !== before) part.moveTo(before);
			if (part.isEmptied) continue;
			const {bytes, state} = part.draft;
			part.request.records.checkSize(base.key, bytes, state);
			merged.push(part);
			before = part.after;
		} catch (error) {
			part.fail(error);
		}
	}

	return merged;
};

const succeed = (parts: readonly Part[], stored: StoredSession): void => {
	for (const part of parts) {
		try {
			part.succeed(stored, part === parts.at(-1));
		} catch (error) {
			part.fail(error);
		}
	}
};

const lose = (parts: readonly Part[], reason: Absence): void => {
	for (const part of parts) {
		if (reason === 'undecodable') part.fail(unreadable());
		else part.request.lose(part.from, reason, {hasChanges: true});
	}
};

/** For each request its own: Koa and applications give errors a status and headers. */
const ownError = (error: unknown): unknown =>
	error instanceof SessionError ? new SessionError(error.code, error.message, {cause: error.cause}) : error;
