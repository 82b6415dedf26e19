import type {State} from '../records/stored-session.ts';
import {FlashQueue} from './flashes.ts';
import {inertMembers, type SessionFacts} from './inert-members.ts';
import {SessionObject} from './session-object.ts';

const refusal =
	'Expected the function in `update()` to change only data, `permanent`, timeouts, `subject` or messages. Do anything else after `update()`';

/** How the session of a draft is named, and its dates. */
export type DraftFacts = Pick<SessionFacts, 'id' | 'isNew' | 'isBound' | 'createdAt' | 'lastSeenAt' | 'expiresAt'> & {
	/** Only where the id is unknown. */
	readonly handle?: string;
};

/** The session that `update()` passes to its function: the newest stored state, separate from `ctx.session`. */
export class Draft {
	readonly session: SessionObject;
	readonly #from: State;
	readonly #flashes: FlashQueue;

	/** @param facts Becomes part of the draft. Its members may be getters. */
	constructor(from: State, facts: DraftFacts) {
		this.#from = from;
		this.#flashes = new FlashQueue(from.flashes);
		const {permanent, idleTimeout, absoluteTimeout, subject, data} = from;
		const readable = Object.assign(facts, {permanent, idleTimeout, absoluteTimeout, subject});
		const members = Object.assign(inertMembers(readable, 'ERR_SESSION_READ_ONLY', refusal), {
			flash: (kind: string, message: unknown) => this.#flashes.add(kind, message),
			flashes: (kind: string) => this.#flashes.take(kind) as never[],
		});
		this.session = new SessionObject(members, data);
	}

	get state(): State {
		const {permanent, idleTimeout, absoluteTimeout, subject} = this.session;
		const data = SessionObject.snapshot(this.session);
		return {...this.#from, permanent, idleTimeout, absoluteTimeout, subject, data, flashes: this.#flashes.waiting};
	}
}
