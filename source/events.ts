import diagnosticsChannel, {type Channel, type TracingChannel} from 'node:diagnostics_channel';
import {checkFunction} from './options/checks.ts';
import {suggestion} from './options/suggestion.ts';

/** In every event about one session: the first 8 characters of the session's handle. Enough to follow a session, not to find it. */
export type SessionEvent = {readonly session: string};

/** A step of binding a session to its user's device. */
export type BindStep = 'offered' | 'registered' | 'confirmed' | 'refreshed' | 'refused';

/**
Events by name, with their fields.

They are published on `node:diagnostics_channel`, channel `koa-server-session:<name>`, and cost nothing if nobody
listens. None contains an id, a token or session data. They cover all sessions of the process. A listener runs within
the request that causes the event.

@see observe, which listens to one event.
*/
export type SessionEvents = {
	/** A request, or `fromRequest()`, had the token of a stored session. */
	load: SessionEvent;

	/** A good token named no session: it is gone (ended or expired), or it moved to another id. */
	missed: SessionEvent & {readonly reason: 'gone' | 'moved'};

	/** A record was stored under a new id, also by `regenerate()`. */
	create: SessionEvent & {readonly bytes: number};

	/** A session of another library was carried on; follows its `create`. If it stays silent, all sessions have moved. */
	adopt: SessionEvent;

	/** A record was replaced. */
	update: SessionEvent & {readonly bytes: number};

	/** Only the expiry was moved. */
	touch: SessionEvent & {readonly expiresAt: number};

	/** A session was ended by `destroy()`, `ctx.session = null` or `revoke()`. Not by its expiry: see `expired`. */
	destroy: SessionEvent;

	/** Expired records were deleted: by `prune()`, or by a store of this process, such as a `FilesystemStore`. */
	expired: {readonly count: number};

	/** A session got a new id: from `session` to `successor`. */
	regenerate: SessionEvent & {readonly successor: string};

	/**
	A step of binding a session to its user's device, or a refusal: see the option `deviceBound`.

	`offered`: a response asked the browser for a key. `registered`: the session is bound to one. `confirmed`: the browser
	has refreshed its proof, so requests need one from now on. `refreshed`: it has done so again. `refused`, with a reason:
	`unproven`, a request came without a valid proof; or, by the endpoint, a bad `proof`, a second registration
	(`other-key`), or no such session (`gone`; `session` may be empty).
	*/
	bind: SessionEvent & {readonly step: BindStep; readonly reason?: 'unproven' | 'proof' | 'other-key' | 'gone'};

	/** Another request wrote first. The changes of both are merged, and the write is tried again. */
	conflict: SessionEvent & {readonly tries: number};

	/** Changes were dropped: another request ended or moved the session, or this one failed, can't send a cookie, or lacks a proof. */
	lost: SessionEvent & {readonly reason: 'ended' | 'moved' | 'failed' | 'undeliverable' | 'unavailable' | 'unproven'};

	/** The codec couldn't read a record. `error` is its error's `code` or `name`, since a message may quote data. */
	undecodable: SessionEvent & {readonly error: string};

	/** A token was refused without asking the store. */
	refused: {readonly reason: 'malformed' | 'signature'};

	/** The session changed after the headers were sent. An existing one was saved, a new one wasn't kept, one with a new id ended. */
	'late-write': SessionEvent & {readonly path: string};

	/** A store call failed or timed out. `operation` is the store's method, `open` or `prune`. */
	'store-error': SessionEvent & {readonly operation: string; readonly error: unknown};

	/** A store call was answered, failed or timed out, after `duration` milliseconds. Every call except `prune`. */
	'store-call': SessionEvent & {readonly operation: string; readonly duration: number};
};

/**
What a store answered. `missing`: there is no such record. `taken`: the key of a create is in use. `conflict`: another
request wrote first. `unchanged`: a touch or a delete found no record, or another version. `done`: anything else.
*/
export type StoreCallResult = 'done' | 'missing' | 'taken' | 'conflict' | 'unchanged';

/**
A store call on the tracing channel `koa-server-session:store-call`, from which spans are made.

All steps of a call get the same object, within the request that makes the call. Node adds the last two fields when the
call is over. It contains no id, no token and no session data.

@example
import {tracingChannel} from 'node:diagnostics_channel';
import type {StoreCall} from 'koa-server-session';

tracingChannel('koa-server-session:store-call').asyncEnd.subscribe(call => {
	const {operation, result} = call as StoreCall;
	if (result === 'conflict') console.log(`Two requests wrote one session: ${operation}`);
});
*/
export type StoreCall = SessionEvent & {
	/** The store's method, or `open`. Every call except `prune`. */
	readonly operation: string;

	/** What the store answered. */
	readonly result?: StoreCallResult;

	/** The `SessionError` that the caller gets. Its `cause` is the client library's own. */
	readonly error?: unknown;
};

/** The name of an event. */
export type SessionEventName = keyof SessionEvents;

const names = [
	'load',
	'missed',
	'create',
	'adopt',
	'update',
	'touch',
	'destroy',
	'expired',
	'regenerate',
	'bind',
	'conflict',
	'lost',
	'undecodable',
	'refused',
	'late-write',
	'store-error',
	'store-call',
] as const satisfies readonly SessionEventName[];

const channels = new Map<SessionEventName, Channel>();

/** The channel of an event. */
const channel = (name: SessionEventName): Channel => {
	const known = channels.get(name);
	if (known) return known;

	const made = diagnosticsChannel.channel(`koa-server-session:${name}`);
	channels.set(name, made);
	return made;
};

/** Publishes an event. Its payload is made only if somebody listens. */
export const publish = <Name extends SessionEventName>(name: Name, payload: () => SessionEvents[Name]): void => {
	const listeners = channel(name);
	if (listeners.hasSubscribers) listeners.publish(payload());
};

/** Whether anybody listens: for events that cost something before they are published. */
export const isObserved = (name: SessionEventName): boolean => channel(name).hasSubscribers;

/** Store calls, for spans. */
export const storeCalls: TracingChannel<object, StoreCall> = diagnosticsChannel.tracingChannel(
	'koa-server-session:store-call',
);

/**
Listens to one event of all sessions of this process.

The listener runs synchronously, before the session's work goes on, so keep it quick. If it throws or rejects, the
request goes on and a process warning shows the error. With `diagnostics_channel.subscribe()`, it would be an uncaught
exception.

@returns A function that stops listening. You may call it again.
@throws TypeError If there is no such event, or the listener is no function.

@example
import {observe} from 'koa-server-session';

observe('lost', ({session, reason}) => console.warn('A change was dropped', {session, reason}));
*/
export const observe = <Name extends SessionEventName>(
	name: Name,
	listener: (event: SessionEvents[Name]) => unknown,
): (() => void) => {
	if (!names.includes(name))
		throw new TypeError(`Unknown event \`${String(name)}\`. ${suggestion(String(name), names)}`);
	checkFunction('listener', listener);
	const heard = async (event: unknown): Promise<void> => {
		try {
			await listener(event as SessionEvents[Name]);
		} catch (error) {
			process.emitWarning(`A listener of the event \`${name}\` failed`, {
				code: 'KOA_SERVER_SESSION_LISTENER',
				detail: error instanceof Error ? (error.stack ?? error.message) : String(error),
			});
		}
	};
	channel(name).subscribe(heard);
	return () => void channel(name).unsubscribe(heard);
};
