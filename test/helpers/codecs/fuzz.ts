import assert from 'node:assert/strict';
import {fork} from 'node:child_process';
import {once} from 'node:events';
import {join} from 'node:path';
import test from 'ava';
import type {FuzzReport} from './fuzzing.ts';

/** What one bad record may take: time of the CPU in milliseconds, and memory in bytes. */
const mostTime = 1000;
const mostMemory = 64 * 2 ** 20;

/** How long all may take on a busy machine, in milliseconds. */
const patience = 300_000;

/**
Shows that no bad record harms a codec, by 100,000 of them, in a process of its own that may crash.

Each must be found undecodable, or be a session that can be stored and read again; what may be read otherwise, and what
records are made worse with, is in `fuzzed-codecs.ts`. A failed run tells its seed, and `FUZZ_SEED` repeats it.
*/
export const codecFuzz = (name: string): void => {
	test(`${name}: of 100,000 bad records, none does harm`, async t => {
		t.timeout(patience + 10_000);
		const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31);
		await t.notThrowsAsync(async () => t.log(await fuzz(name, 100_000, {seed})), `seed ${seed}`);
	});
};

/** @throws Error If a record does harm, and says which. */
export const fuzz = async (
	name: string,
	runs: number,
	{seed = 1, timeout = patience}: {readonly seed?: number; readonly timeout?: number} = {},
): Promise<FuzzReport> => {
	const child = fork(join(import.meta.dirname, 'fuzzing.ts'), [name, String(runs), String(seed)], {
		execArgv: ['--no-warnings', '--max-old-space-size=96'],
		timeout,
		killSignal: 'SIGKILL',
		stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
	});
	let complaint = '';
	let report: FuzzReport | undefined;
	child.stderr?.setEncoding('utf8').on('data', text => {
		complaint += text;
	});
	child.on('message', message => {
		report = message as FuzzReport;
	});

	const [code, signal] = await once(child, 'close');
	assert.ok(code === 0 && report, `the process ended by ${signal ?? code}: ${complaint}`);
	assert.equal(report.refused + report.lent, runs);
	assert.ok(report.refused > 0, 'some are refused');
	assert.ok(report.slowest < mostTime, `one took ${report.slowest} ms`);
	assert.ok(report.largest < mostMemory, `one took ${report.largest} bytes`);
	return report;
};
