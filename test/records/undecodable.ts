import {setImmediate} from 'node:timers/promises';
import test from 'ava';
import {observe} from '../../source/events.ts';
import {reportUndecodable} from '../../source/records/undecodable.ts';

test('each record that cannot be read is told, and the process is warned of the first one', async t => {
	const warnings: [code: unknown, message: string][] = [];
	const listener = (warning: Error & {code?: unknown}) => warnings.push([warning.code, warning.message]);
	process.on('warning', listener);
	const events: unknown[] = [];
	const stop = observe('undecodable', event => events.push(event));
	t.teardown(() => {
		process.off('warning', listener);
		stop();
	});

	reportUndecodable('one', new TypeError('the data'));
	reportUndecodable('another', 'thrown');
	await setImmediate();
	t.deepEqual(events, [
		{session: 'one', error: 'TypeError'},
		{session: 'another', error: 'string'},
	]);
	t.deepEqual(warnings, [
		[
			'KOA_SERVER_SESSION_UNDECODABLE',
			'A stored session could not be decoded, so its client has none. The record stays in the store',
		],
	]);
});
