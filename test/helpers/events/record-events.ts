import diagnosticsChannel from 'node:diagnostics_channel';
import type {ExecutionContext} from 'ava';
import type {SessionEventName} from '../../../source/events.ts';

/** An event as it was published. */
export type RecordedEvent = {readonly name: SessionEventName; readonly payload: unknown};

/** Every event. */
export const eventNames = Object.keys({
	load: 1,
	missed: 1,
	create: 1,
	adopt: 1,
	update: 1,
	touch: 1,
	destroy: 1,
	expired: 1,
	regenerate: 1,
	bind: 1,
	conflict: 1,
	lost: 1,
	undecodable: 1,
	refused: 1,
	'late-write': 1,
	'store-error': 1,
	'store-call': 1,
} satisfies Record<SessionEventName, 1>) as readonly SessionEventName[];

const whatHappened: readonly SessionEventName[] = eventNames.filter(name => name !== 'store-call');

/** Records events of the process until the end of a test, which must be serial: all but the time of store calls. */
export const recordEvents = (t: ExecutionContext, names = whatHappened): RecordedEvent[] => {
	const events: RecordedEvent[] = [];
	for (const name of names) {
		const listener = (payload: unknown) => events.push({name, payload});
		diagnosticsChannel.subscribe(`koa-server-session:${name}`, listener);
		t.teardown(() => diagnosticsChannel.unsubscribe(`koa-server-session:${name}`, listener));
	}

	return events;
};
