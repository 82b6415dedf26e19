import type {Binding} from '../codec.ts';
import {hasContent, type State} from '../records/stored-session.ts';
import type {Data, Keep} from '../session.ts';
import {makeId} from '../tokens/identifier.ts';
import {equal} from './equal.ts';
import {FlashQueue, mergeFlashes} from './flashes.ts';
import {both, filter, keptBinding} from './keep.ts';
import {checkMerged} from './merge.ts';
import {type SessionControl, SessionObject} from './session-object.ts';

/** After a binding is confirmed, requests need no proof for this many milliseconds, since some were sent before. */
const graceBeforeProof = 60_000;

/** What a regeneration keeps, and when it started the absolute timeout again, if it did. */
type Regeneration = {readonly keep: Keep; readonly restartedAt: number | undefined};

/** Merges the data of two requests: the option `merge`. */
export type Merge = (base: Data, theirs: Data, mine: Data) => Data;

/**
What the route sees and changes, at any moment, even during a write.

It is compared with what is stored only when it is written. What isn't in those bytes is still unsaved.
*/
export class LiveState {
	permanent: boolean;
	idleTimeout: number | undefined;
	absoluteTimeout: number | undefined;
	subject: string | undefined;
	binding: Binding | undefined;

	/** Not part of the data: replacing the data leaves them. */
	readonly flashes: FlashQueue;

	readonly #members: SessionControl;
	#session: SessionObject;
	readonly #permanentByDefault: boolean;
	#id: string | undefined;
	#createdAt: number;

	/** The regenerations that aren't written yet, combined. */
	#regeneration: Regeneration | undefined;
	#followsEnded = false;

	/** What was reported as lost, or needs no report. */
	#reported: State | undefined;

	/** @param id With `state`: the stored session's. */
	constructor(members: SessionControl, permanentByDefault: boolean, id?: string, state?: State) {
		this.#members = members;
		this.#session = new SessionObject(members, state?.data);
		this.#permanentByDefault = permanentByDefault;
		this.permanent = state?.permanent ?? permanentByDefault;
		this.idleTimeout = state?.idleTimeout;
		this.absoluteTimeout = state?.absoluteTimeout;
		this.subject = state?.subject;
		this.binding = state?.binding;
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

	/** Whether nothing has changed since `report()`. */
	get isReported(): boolean {
		return this.#reported !== undefined && equal(this.#reported, copyOf(this.state));
	}

	/** Notes that what the route has left by now was reported as lost, or needs no report. */
	report(): void {
		this.#reported = copyOf(this.state);
	}

	/** Whether there is anything to store. */
	get hasContent(): boolean {
		return hasContent({subject: this.subject, flashes: this.flashes.waiting, data: this.#session as unknown as Data});
	}

	/** Made on first use: most requests without a session never need one. */
	get id(): string {
		this.#id ??= makeId();
		return this.#id;
	}

	get createdAt(): number {
		return this.#createdAt;
	}

	get state(): State {
		return this.stateSeenAt(undefined);
	}

	/** The state with what the route doesn't see. @param seenAt As in `Lifetime`. */
	stateSeenAt(seenAt: number | undefined): State {
		const {createdAt, permanent, idleTimeout, absoluteTimeout, subject, flashes, binding} = this;
		const data = SessionObject.snapshot(this.#session);
		return {
			createdAt,
			permanent,
			idleTimeout,
			absoluteTimeout,
			seenAt,
			subject,
			data,
			flashes: flashes.waiting,
			binding,
		};
	}

	/** An empty session, before any change. */
	get blank(): State {
		const [createdAt, permanent] = [this.#createdAt, this.#permanentByDefault];
		return {createdAt, permanent, idleTimeout: undefined, absoluteTimeout: undefined, subject: undefined, data: {}};
	}

	/**
	Gives the route another, empty session in the same object.

	It is another `LiveState`, so that a write under way can see that its session was ended.
	*/
	end(): LiveState {
		const next = new LiveState(this.#members, this.#permanentByDefault);
		next.#session = this.#session;
		next.#followsEnded = true;
		next.#show(next.blank);
		return next;
	}

	/** Replaces the data. Messages stay: a login that replaces the data may have flashed a welcome before. */
	replaceData(data: Data): void {
		this.#fill(data);
	}

	/** Goes on with another object. Code that holds the previous one can still read its data. */
	leave(): void {
		this.#session = new SessionObject(this.#members, SessionObject.snapshot(this.#session));
	}

	/** Takes another id, and keeps only the data that `keep` names. A session that keeps nothing starts again. */
	regenerate(keep: Keep, restart = false): void {
		const before = this.#regeneration;
		const restartedAt = restart || keep === false ? Date.now() : before?.restartedAt;
		this.#id = makeId();
		this.#regeneration = {keep: both(before?.keep ?? true, keep), restartedAt};
		this.#createdAt = restartedAt ?? this.#createdAt;
		this.binding = keptBinding(this.binding);
		if (keep !== true) this.#show(filter(this.state, keep, this.#permanentByDefault));
	}

	/** The browser has proved its key twice, so it can. From now on it must; requests under way have a minute left. */
	confirm(): void {
		if (this.binding) this.binding = {...this.binding, since: Date.now() + graceBeforeProof};
	}

	/** What `keep` leaves of a stored state. */
	filtered(state: State): State {
		return filter(state, this.#regeneration?.keep ?? true, this.#permanentByDefault);
	}

	/** What the regenerations leave of a stored state. They may also start the absolute timeout again. */
	carriedOver(state: State): State {
		if (!this.#regeneration) return state;
		const kept = this.filtered(state);
		const {restartedAt = 0} = this.#regeneration;
		return {...kept, createdAt: Math.max(kept.createdAt, restartedAt), binding: keptBinding(kept.binding)};
	}

	/** Forgets what was kept, once the session is stored under this id. It doesn't limit the next regeneration. */
	forgetRegeneration(id: string): void {
		if (id === this.#id) this.#regeneration = undefined;
	}

	/** Takes another id, because the previous one was in use. */
	redraw(): void {
		this.#id = makeId();
	}

	/** Carries on a session that is stored under another id, and keeps what the route has set so far. */
	join({id, ...state}: State & {readonly id: string}, merge: Merge): void {
		this.rebase(this.blank, state, merge);
		this.#id = id;
	}

	/** What another request stored, with what this one changed since `base`. */
	merged(base: State, theirs: State, merge: Merge, mine: State = this.state): State {
		const changed = <Name extends 'permanent' | 'idleTimeout' | 'absoluteTimeout' | 'subject'>(name: Name) =>
			mine[name] === base[name] ? theirs[name] : mine[name];

		const isRestarted = mine.createdAt !== base.createdAt && mine.createdAt > theirs.createdAt;
		return {
			createdAt: isRestarted ? mine.createdAt : theirs.createdAt,
			permanent: changed('permanent'),
			idleTimeout: changed('idleTimeout'),
			absoluteTimeout: changed('absoluteTimeout'),
			subject: changed('subject'),
			data: checkMerged(merge(base.data, theirs.data, mine.data)),
			flashes: mergeFlashes(base.flashes, theirs.flashes, mine.flashes),
			binding: equal(base.binding, theirs.binding) ? mine.binding : theirs.binding,
		};
	}

	/** Merges what another request stored. Keeps what this one changed since `base`. */
	rebase(base: State, theirs: State, merge: Merge): void {
		const merged = this.merged(base, theirs, merge);
		this.#createdAt = merged.createdAt;
		this.#show(merged);
	}

	/** Goes back to what is stored, or to an empty session. */
	reset(id: string | undefined, state: State = this.blank): void {
		this.#id = id;
		this.#regeneration = undefined;
		this.#reported = undefined;
		this.#createdAt = state.createdAt;
		this.#show(state);
	}

	#show({permanent, idleTimeout, absoluteTimeout, subject, data, flashes, binding}: State): void {
		this.permanent = permanent;
		this.idleTimeout = idleTimeout;
		this.absoluteTimeout = absoluteTimeout;
		this.subject = subject;
		this.binding = binding;
		this.flashes.waiting = flashes;
		this.#fill(data);
	}

	#fill(data: Data): void {
		// Otherwise the data of a session that has ended would stay visible in an object that can't be emptied.
		if (!SessionObject.replace(this.#session, data)) this.#session = new SessionObject(this.#members, data);
	}
}

/** So that a later change inside of a value shows. Only copies are compared, since some types become others. */
const copyOf = (state: State): State => {
	try {
		return structuredClone(state);
	} catch {
		return state;
	}
};
