import type {State} from '../records/stored-session.ts';
import type {Data, Keep} from '../session.ts';
import {makeId} from '../tokens/identifier.ts';
import {isPlain} from './equal.ts';
import {FlashQueue, mergeFlashes} from './flashes.ts';
import {type SessionControl, SessionObject} from './session-object.ts';

/** Joins the data of two requests: the option `merge`. */
export type Merge = (base: Data, theirs: Data, mine: Data) => Data;

/**
What the route sees and changes, at any moment, also while a write is under way.

It is compared with what is stored only when it is written; whatever isn't in those bytes is simply still unsaved.
*/
export class LiveState {
	permanent: boolean;
	subject: string | undefined;

	/** No part of the data: what replaces that leaves them as they are. */
	readonly flashes: FlashQueue;

	readonly #members: SessionControl;
	#session: SessionObject;
	readonly #permanentByDefault: boolean;
	#id: string | undefined;
	#createdAt: number;
	#keep: Keep = true;
	#followsEnded = false;

	/** @param id With `state`: of what is stored. */
	constructor(members: SessionControl, permanentByDefault: boolean, id?: string, state?: State) {
		this.#members = members;
		this.#session = new SessionObject(members, state?.data);
		this.#permanentByDefault = permanentByDefault;
		this.permanent = state?.permanent ?? permanentByDefault;
		this.subject = state?.subject;
		this.flashes = new FlashQueue(state?.flashes);
		this.#id = id;
		this.#createdAt = state?.createdAt ?? Date.now();
	}

	get session(): SessionObject {
		return this.#session;
	}

	/** Whether the route ended a session of this request before. */
	get followsEnded(): boolean {
		return this.#followsEnded;
	}

	/** Whether a session that isn't stored yet is worth it. Unsetting what was never set isn't. */
	get hasContent(): boolean {
		if (this.subject !== undefined || this.flashes.waiting) return true;
		return Object.values(this.#session).some(value => value !== undefined);
	}

	/** Drawn on first use: most requests without a session never need one. */
	get id(): string {
		this.#id ??= makeId();
		return this.#id;
	}

	get createdAt(): number {
		return this.#createdAt;
	}

	get state(): State {
		const {permanent, subject, flashes} = this;
		const data = SessionObject.snapshot(this.#session);
		return {createdAt: this.#createdAt, permanent, subject, data, flashes: flashes.waiting};
	}

	/** What an empty session is before anyone changes it. */
	get blank(): State {
		return {createdAt: this.#createdAt, permanent: this.#permanentByDefault, subject: undefined, data: {}};
	}

	/**
	Leaves another, empty session to the route, in the same object.

	It is another `LiveState`, so that a write under way knows that the session it writes was ended.
	*/
	end(): LiveState {
		const next = new LiveState(this.#members, this.#permanentByDefault);
		next.#session = this.#session;
		next.#followsEnded = true;
		next.show(next.blank);
		return next;
	}

	/** Replaces the data by the application's own. Messages stay: a log-in that does so may have flashed its welcome. */
	replaceData(data: Data): void {
		this.#fill(data);
	}

	/** Goes on with another object; that of before keeps its data, for whoever holds it. */
	leave(): void {
		this.#session = new SessionObject(this.#members, SessionObject.snapshot(this.#session));
	}

	/** Takes another id, and of the data only what is to be kept. */
	regenerate(keep: Keep): void {
		this.#id = makeId();
		this.#keep = both(this.#keep, keep);
		if (keep !== true) this.show(filter(this.state, keep));
	}

	/** The part of a stored state that regenerations, not yet written, let through. */
	kept(state: State): State {
		return filter(state, this.#keep);
	}

	/** Takes note that it is stored under an id. Whatever that kept of the data, the next regeneration starts anew. */
	settle(id: string): void {
		if (id === this.#id) this.#keep = true;
	}

	/** Takes another id because the one drawn was in use. */
	redraw(): void {
		this.#id = makeId();
	}

	/** Carries on a session that is stored under another id, with what the route has set so far. */
	join({id, ...state}: State & {readonly id: string}, merge: Merge): void {
		this.rebase(this.blank, state, merge);
		this.#id = id;
	}

	/** Brings in what another request stored, and keeps what this one changed since `base`. */
	rebase(base: State, theirs: State, merge: Merge): void {
		const mine = this.state;
		const changed = <Name extends 'permanent' | 'subject'>(name: Name) =>
			mine[name] === base[name] ? theirs[name] : mine[name];

		this.#createdAt = theirs.createdAt;
		this.show({
			createdAt: theirs.createdAt,
			permanent: changed('permanent'),
			subject: changed('subject'),
			data: checkMerged(merge(base.data, theirs.data, mine.data)),
			flashes: mergeFlashes(base.flashes, theirs.flashes, mine.flashes),
		});
	}

	/** Puts a state in place of what the route sees. */
	show({permanent, subject, data, flashes}: State): void {
		this.permanent = permanent;
		this.subject = subject;
		this.flashes.waiting = flashes;
		this.#fill(data);
	}

	#fill(data: Data): void {
		// A frozen one stays as it is, for whoever froze it: else its data would outlive the session that was ended.
		if (!Object.isExtensible(this.#session)) this.#session = new SessionObject(this.#members, undefined);
		SessionObject.replace(this.#session, data);
	}
}

const filter = (state: State, keep: Keep): State => {
	if (keep === true) return state;
	const data = keep === false ? [] : Object.entries(state.data).filter(([name]) => keep.includes(name));
	return {...state, subject: undefined, data: Object.fromEntries(data), flashes: undefined};
};

/** An application's own `merge` may give anything: of a promise, say, nothing would be left but an empty session. */
const checkMerged = (data: unknown): Data => {
	if (isPlain(data)) return data;
	throw new TypeError('Expected `merge` to return the data as a plain object, got something else. Nothing was stored');
};

/** What two regenerations in a row keep. */
const both = (first: Keep, second: Keep): Keep => {
	if (first === true) return second;
	if (second === true || first === false) return first;
	return second === false ? false : first.filter(name => second.includes(name));
};
