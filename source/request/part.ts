import type {Replacement, State, StoredSession} from '../records/stored-session.ts';
import {expiryOf, withUse} from './expiry.ts';
import {hasChanged} from './has-changed.ts';
import type {LiveState} from './live-state.ts';
import {reportIfLate} from './losses.ts';
import type {RequestSession} from './request-session.ts';

/** What one request has to write: its share of a joint write. */
export class Part {
	readonly request: RequestSession;
	readonly live: LiveState;

	/** The session as the request knows it. */
	readonly from: StoredSession;

	/** What is to be written, and the state that it was made from. */
	replacement: Replacement;
	before: StoredSession;

	/** Whether the codec keeps nothing of it. */
	isEmptied = false;
	fault: {readonly error: unknown} | undefined;
	wake: (() => void) | undefined;

	/** Runs work in this request's own async context, though another request does it. Listeners of events rely on that. */
	run: <Result>(work: () => Result) => Result = work => work();
	#after: StoredSession | undefined;
	readonly #first: Replacement;

	constructor(request: RequestSession, from: StoredSession, replacement: Replacement) {
		this.request = request;
		this.live = request.live;
		this.from = from;
		this.before = from;
		this.replacement = replacement;
		this.#first = replacement;
	}

	/** Whether the route had changed anything when the part was made. Otherwise nothing is lost or late. */
	get isOfRoute(): boolean {
		return hasChanged(this.from, this.#first.state);
	}

	get hasChanges(): boolean {
		const {bytes, expiresAt} = this.replacement;
		const {record} = this.before;
		return bytes !== record.bytes || expiresAt !== record.expiresAt;
	}

	/** What is stored once this is written, unless another part follows. */
	get after(): StoredSession {
		const {bytes, expiresAt, state} = this.replacement;
		this.#after ??= this.before.with({bytes, expiresAt, subject: state.subject}, state);
		return this.#after;
	}

	/**
	Puts the changes on top of another state. They are all that the route has changed by now, unless it has called
	`regenerate()`: what follows that is meant for the new id alone.
	*/
	rebaseOn(before: StoredSession): void {
		const {request, live, from} = this;
		const mine = request.isRegenerating ? this.#asked() : live.state;
		const merged = before === from ? mine : live.merged(from.decode(), before.decode(), request.options.merge, mine);
		const kept = {...merged, seenAt: before.facts.seenAt};
		const expiresAt = expiryOf(request, before, kept);
		const state = withUse(request, kept, expiresAt, before.knownAt);
		const bytes = before.encode(state);
		this.before = before;
		this.#after = undefined;
		if (bytes) this.replacement = {bytes, expiresAt, state};
		else this.isEmptied = true;
	}

	/** What was to be written when the part was made, as objects of its own. */
	#asked(): State {
		const {bytes, expiresAt, state} = this.#first;
		return this.from.with({bytes, expiresAt, subject: state.subject}, state).decode();
	}

	/** Continues with what was written, which has the changes of later parts too unless this one is the last. */
	succeed(stored: StoredSession, isLast: boolean): void {
		const {request, live, from, before} = this;
		if (before !== from) {
			if (request.live === live) request.rebase(from.decode(), before.decode());
			request.client.hearElsewhere(before, from);
		}
		if (!isLast) {
			const {after} = this;
			if (request.live === live) request.rebase(after.decode(), stored.decode());
			const tellsNothing =
				after.record.expiresAt === before.record.expiresAt && after.facts.permanent === before.facts.permanent;
			if (tellsNothing) request.client.hearElsewhere(stored, before);
		}
		if (this.isOfRoute) reportIfLate(request);

		// What a `StoredSession` decodes belongs to one request.
		request.take(isLast ? stored : stored.with(stored.record, stored.facts), live);
	}

	fail(error: unknown): void {
		this.fault = {error};
	}
}
