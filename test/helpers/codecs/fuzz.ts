import assert from 'node:assert/strict';
import {fork} from 'node:child_process';
import {once} from 'node:events';
import {join} from 'node:path';
import test from 'ava';
import {runs} from '../runs.ts';
import {type FuzzedCodec, fuzzedCodecs} from './fuzzed-codecs.ts';
import {type FuzzReport, readBadRecords} from './fuzzing.ts';

/** How long all records may take on a busy machine, in milliseconds. */
const patience = 300_000;

/**
Tests that bad records do no harm: a few in this process, or many in a process of their own.

`fuzzed-codecs.ts` says what records are made worse with. A failed run prints its seed, and `FUZZ_SEED` repeats it.
*/
export const codecFuzz = (name: string): void => {
	const fuzzed = fuzzedCodecs[name] as FuzzedCodec;
	const count = runs(1000, 100_000);
	// Serial: the time and memory of other tests would count as its own.
	test.serial(`${name}: bad records do no harm`, async t => {
		t.timeout(patience + 10_000);
		const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31);
		// Starting a process takes as long as reading thousands.
		const reading = count > 1000 ? fuzz(name, count, {seed}) : readBadRecords(fuzzed, count, seed);
		await t.notThrowsAsync(async () => t.log(await reading), `seed ${seed}`);
	});
};

/** @param timeout How long the records may take, in milliseconds. @throws Error If a record does harm, saying which. */
export const fuzz = async (
	name: string,
	runs: number,
	{seed = 1, timeout = patience}: {readonly seed?: number; readonly timeout?: number} = {},
): Promise<FuzzReport> => {
	const child = fork(join(import.meta.dirname, 'fuzz-process.ts'), [name, String(runs), String(seed)], {
		execArgv: ['--no-warnings', '--max-old-space-size=96'],
		stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
	});
	const closed = once(child, 'close');
	let complaint = '';
	let report: FuzzReport | undefined;
	let timer: NodeJS.Timeout | undefined;
	child.stderr?.setEncoding('utf8').on('data', text => {
		complaint += text;
	});
	child.on('message', (message: 'started' | FuzzReport) => {
		if (message === 'started') timer = setTimeout(() => child.kill('SIGKILL'), timeout);
		else report = message;
	});

	const [code, signal] = await closed;
	clearTimeout(timer);
	assert.ok(code === 0 && report, `the process ended by ${signal ?? code}: ${complaint}`);
	return report;
};
