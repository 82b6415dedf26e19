import diagnosticsChannel, {type Channel} from 'node:diagnostics_channel';

/** What every event tells: the first 8 characters of the key's hash. Enough to follow a session, not to find it. */
export type SessionEvent = {readonly session: string};

/**
Events by name, with what each tells.

They go through `node:diagnostics_channel`, channel `koa-server-session:<name>`, and cost nothing while nobody listens.
None holds an id, a token or session data. They tell of all sessions of the process, within the request that causes them.

@see observe, which listens to one.
*/
export type SessionEvents = {
	/** A request came with the token of a stored session; so did what asked `fromRequest()`. */
	load: SessionEvent;

	/** A new record was stored, of so many bytes; by `regenerate()` too. */
	create: SessionEvent & {readonly bytes: number};

	/** A session of another library became one of ours; `create` tells of its record. None for long: all have moved in. */
	adopt: SessionEvent;

	/** A record was replaced. */
	update: SessionEvent & {readonly bytes: number};

	/** Only the expiry was moved. */
	touch: SessionEvent & {readonly expiresAt: number};

	/** A session was ended by `destroy()`, `ctx.session = null` or `revoke()`. None tells of one that expires. */
	destroy: SessionEvent;

	/** A session got a new id: from `session` to `successor`. */
	regenerate: SessionEvent & {readonly successor: string};

	/** Another request was faster; its changes and ours are merged, and the write is tried again. */
	conflict: SessionEvent & {readonly tries: number};

	/** Changes were dropped: the session was ended or moved meanwhile, or the request failed. */
	lost: SessionEvent & {readonly reason: 'ended' | 'moved' | 'failed' | 'undeliverable' | 'unavailable'};

	/** Stored bytes that the codec couldn't read: its error's `code` or `name`, since a message may quote data. */
	undecodable: SessionEvent & {readonly error: string};

	/** A token was refused before the store was asked. */
	refused: {readonly reason: 'malformed' | 'signature'};

	/** A change after the headers were sent: an existing session was saved without a cookie, a new one wasn't made. */
	'late-write': SessionEvent & {readonly path: string};

	/** A store call failed or timed out. `operation` is the store's method, `open` or `prune`. */
	'store-error': SessionEvent & {readonly operation: string; readonly error: unknown};

	/** A store call was answered, failed or timed out, after `duration` milliseconds. All but `prune`. */
	'store-call': SessionEvent & {readonly operation: string; readonly duration: number};
};

/** The name of an event. */
export type SessionEventName = keyof SessionEvents;

const channels = new Map<SessionEventName, Channel>();

/** The channel of an event. */
const channel = (name: SessionEventName): Channel => {
	const known = channels.get(name);
	if (known) return known;

	const made = diagnosticsChannel.channel(`koa-server-session:${name}`);
	channels.set(name, made);
	return made;
};

/** Tells whoever listens. The payload is made only then. */
export const publish = <Name extends SessionEventName>(name: Name, payload: () => SessionEvents[Name]): void => {
	const listeners = channel(name);
	if (listeners.hasSubscribers) listeners.publish(payload());
};

/** Tells whether anyone listens, for what costs something even before it is told. */
export const isObserved = (name: SessionEventName): boolean => channel(name).hasSubscribers;

/**
Listens to an event of all sessions of this process, from now on.

The listener is called before the session's work goes on, so it should be quick. One that throws or rejects hurts nobody:
a warning tells. By `node:diagnostics_channel` itself, what a listener throws is an uncaught exception.

@returns What ends it. Idempotent.

@example
import {observe} from 'koa-server-session';

observe('lost', ({session, reason}) => console.warn('A change was dropped', {session, reason}));
*/
export const observe = <Name extends SessionEventName>(
	name: Name,
	listener: (event: SessionEvents[Name]) => unknown,
): (() => void) => {
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
