import {inspect} from 'node:util';
import type {ExecutionContext} from 'ava';
import {storeCalls} from '../../../source/events.ts';
import {eventNames, recordEvents} from './record-events.ts';

/** Gathers whatever reaches the console, warnings, events and those who log errors, until the end of a test. */
export const listenToAll = (t: ExecutionContext) => {
	const said: unknown[] = [];
	const add = (...values: unknown[]) => void said.push(...values);
	for (const method of ['log', 'info', 'warn', 'error', 'debug', 'trace', 'dir', 'table'] as const) {
		const given = console[method];
		console[method] = add;
		t.teardown(() => {
			console[method] = given;
		});
	}

	const {emitWarning} = process;
	process.emitWarning = add as typeof emitWarning;
	process.on('warning', add);
	t.teardown(() => {
		process.emitWarning = emitWarning;
		process.off('warning', add);
	});
	for (const step of ['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const) {
		storeCalls[step].subscribe(add);
		t.teardown(() => storeCalls[step].unsubscribe(add));
	}
	const events = recordEvents(t, eventNames);
	return {
		add,
		events,
		all: () =>
			inspect([said, events], {depth: Infinity, showHidden: true, maxArrayLength: null, maxStringLength: null}),
	};
};
