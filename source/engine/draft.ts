import {SessionObject} from '../session-object.ts';
import type {Holding} from './holding.ts';
import {inertMembers} from './inert-session.ts';
import type {State, StoredSession} from './stored-session.ts';

const refusal =
	'Expected `update()` to change data, `permanent` or `subject` only. Do the rest on `ctx.session`, after it';

/** The session that `update()` hands to its function: the newest stored state, apart from `ctx.session`. */
export class Draft {
	readonly session: SessionObject;
	readonly #createdAt: number;

	constructor({live, records}: Holding, from: StoredSession | undefined) {
		const {createdAt, permanent, subject, data} = from?.state() ?? live.blank;
		const expiresAt = new Date(from?.record.expiresAt ?? records.nextExpiry(createdAt));
		const facts = {id: live.id, isNew: from === undefined, expiresAt, permanent, subject};
		this.session = new SessionObject(inertMembers(facts, 'ERR_SESSION_READ_ONLY', refusal), data);
		this.#createdAt = createdAt;
	}

	get state(): State {
		const {permanent, subject} = this.session;
		return {createdAt: this.#createdAt, permanent, subject, data: SessionObject.snapshot(this.session)};
	}
}
