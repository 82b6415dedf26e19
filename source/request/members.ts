import {differInLife} from '../records/expiry.ts';
import type {Data, Session} from '../session.ts';
import {commit} from './commit.ts';
import type {RequestSession} from './request-session.ts';
import type {RegenerateOptions, SessionControl} from './session-object.ts';
import {update} from './update.ts';

/** What a route can do with its session. Store calls of one request take turns. */
export class Members implements SessionControl {
	readonly #request: RequestSession;

	constructor(request: RequestSession) {
		this.#request = request;
	}

	get id(): string {
		return this.#request.live.id;
	}

	get isNew(): boolean {
		return this.#request.stored === undefined || this.#request.isRegenerating;
	}

	get createdAt(): Date {
		return new Date(this.#request.live.createdAt);
	}

	get lastSeenAt(): Date {
		const {stored, records, live} = this.#request;
		return stored ? records.datesOf(stored).lastSeenAt : new Date(live.createdAt);
	}

	get expiresAt(): Date {
		const {stored, records, live} = this.#request;
		const isKept = stored && !differInLife(stored.facts, live);
		return new Date(isKept ? stored.record.expiresAt : records.nextExpiry(live));
	}

	get isBound(): boolean {
		return this.#request.isBound;
	}

	get permanent(): boolean {
		return this.#request.live.permanent;
	}

	set permanent(permanent) {
		this.#request.live.permanent = permanent;
	}

	get idleTimeout(): number | undefined {
		return this.#request.live.idleTimeout;
	}

	set idleTimeout(timeout) {
		this.#request.live.idleTimeout = timeout;
	}

	get absoluteTimeout(): number | undefined {
		return this.#request.live.absoluteTimeout;
	}

	set absoluteTimeout(timeout) {
		this.#request.live.absoluteTimeout = timeout;
	}

	get subject(): string | undefined {
		return this.#request.live.subject;
	}

	set subject(subject) {
		this.#request.live.subject = subject;
	}

	async regenerate({keep = true, leave = false, restart = false}: RegenerateOptions = {}): Promise<void> {
		const {live, turns} = this.#request;
		turns.fault = undefined;
		this.#request.beginAnother();
		if (leave) live.leave();
		live.regenerate(keep, restart);
	}

	get kinds(): readonly string[] {
		return this.#request.live.flashes.kinds;
	}

	flash(kind: string, message: unknown): void {
		this.#request.live.flashes.add(kind, message);
	}

	flashes(kind: string): never[] {
		return this.#request.live.flashes.take(kind) as never[];
	}

	save(): Promise<void> {
		return reportedLater(this.#request.turns.takeRemembered(async () => commit(this.#request, 'save')));
	}

	update<Result>(change: (session: Session<Data>) => Result | Promise<Result>): Promise<Result> {
		return reportedLater(update(this.#request, change));
	}

	destroy(): Promise<void> {
		const {turns} = this.#request;
		turns.fault = undefined;
		this.#request.end();
		return reportedLater(
			turns.takeRemembered(async () => {
				await this.#request.endStored();
				// The route may be about to send the response.
				this.#request.tell();
			}),
		);
	}
}

/** A route may ignore this promise: the commit tries again, and reports what fails then. */
const reportedLater = <Result>(work: Promise<Result>): Promise<Result> => {
	work.catch(() => undefined);
	return work;
};
