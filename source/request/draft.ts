import type {State} from '../records/stored-session.ts';
import {FlashQueue} from './flashes.ts';
import {addInertMembers, type ReadableMembers} from './inert-members.ts';
import {SessionObject} from './session-object.ts';

const refusal =
	'Expected the function in `update()` to change only data, `permanent`, timeouts, `subject` or messages. Do anything else after `update()`';

/** How the session of a draft is named, and its dates. */
export type DraftMembers = Pick<
	ReadableMembers,
	'id' | 'isNew' | 'isBound' | 'createdAt' | 'lastSeenAt' | 'expiresAt'
> & {
	/** Only where the id is unknown. */
	readonly handle?: string;
};

/** The session that `update()` passes to its function: the newest stored state, separate from `ctx.session`. */
export class Draft {
	readonly session: SessionObject;
	readonly #from: State;
	readonly #flashes: FlashQueue;

	/** @param readable Becomes part of the draft. Its members may be getters. */
	constructor(from: State, readable: DraftMembers) {
		this.#from = from;
		this.#flashes = new FlashQueue(from.flashes);
		const {permanent, idleTimeout, absoluteTimeout, subject, data} = from;
		const all = Object.assign(readable, {permanent, idleTimeout, absoluteTimeout, subject});
		const members = Object.assign(addInertMembers(all, 'ERR_SESSION_READ_ONLY', refusal), {
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
