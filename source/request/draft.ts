import type {State, StoredSession} from '../records/stored-session.ts';
import {FlashQueue} from './flashes.ts';
import type {Holding} from './holding.ts';
import {inertMembers} from './inert-members.ts';
import {SessionObject} from './session-object.ts';

const refusal =
	'Expected `update()` to change data, `permanent`, `subject` or messages only. Do the rest on `ctx.session`, after it';

/** The session that `update()` hands to its function: the newest stored state, apart from `ctx.session`. */
export class Draft {
	readonly session: SessionObject;
	readonly #createdAt: number;
	readonly #flashes: FlashQueue;

	constructor({live, records}: Holding, from: StoredSession | undefined) {
		const {createdAt, permanent, subject, data, flashes} = from?.state() ?? live.blank;
		const expiresAt = new Date(from?.record.expiresAt ?? records.nextExpiry(createdAt));
		const facts = {id: live.id, isNew: from === undefined, expiresAt, permanent, subject};
		this.#flashes = new FlashQueue(flashes);
		const members = Object.assign(inertMembers(facts, 'ERR_SESSION_READ_ONLY', refusal), {
			flash: (kind: string, message: unknown) => this.#flashes.add(kind, message),
			flashes: (kind: string) => this.#flashes.take(kind) as never[],
		});
		this.session = new SessionObject(members, data);
		this.#createdAt = createdAt;
	}

	get state(): State {
		const {permanent, subject} = this.session;
		const data = SessionObject.snapshot(this.session);
		return {createdAt: this.#createdAt, permanent, subject, data, flashes: this.#flashes.waiting};
	}
}
