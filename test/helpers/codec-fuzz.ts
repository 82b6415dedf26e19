import {fork} from 'node:child_process';
import {once} from 'node:events';
import {join} from 'node:path';
import test from 'ava';
import type {fuzzedCodecs} from './fuzzed-codecs.ts';
import type {FuzzReport} from './fuzzing.ts';

const megabyte = 2 ** 20;

/** What reading one bad record of a few kilobytes may take: time of the CPU in milliseconds, and memory in bytes. */
const mostTime = 1000;
const mostMemory = 64 * megabyte;

/** How long all may take, in milliseconds. */
const patience = 100_000;

/**
Shows that no bad record harms a codec, by 100,000 of them, in a process of its own that may crash.

Each must be found undecodable, or be a session that can be stored and read again. `FAST_CHECK_SEED` repeats a run.
*/
export const codecFuzz = (name: keyof typeof fuzzedCodecs): void => {
	test(`${name}: of 100,000 bad records, none does harm`, async t => {
		t.timeout(patience + 10_000);
		const seed = Number(process.env['FAST_CHECK_SEED'] ?? Date.now() % 2 ** 31);
		const child = fork(join(import.meta.dirname, 'fuzzing.ts'), [String(name), '100000', String(seed)], {
			execArgv: ['--no-warnings', '--max-old-space-size=96'],
			timeout: patience,
			stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
		});
		let told = '';
		child.stderr?.on('data', chunk => {
			told += chunk;
		});
		let report: FuzzReport | undefined;
		child.on('message', message => {
			report = message as FuzzReport;
		});

		const [code, signal] = await once(child, 'close');
		t.is(code, 0, `seed ${seed}, ${signal ?? 'no signal'}: ${told}`);
		t.log({seed, ...report});
		t.true(report && report.refused > 0 && report.refused + report.lent === 100_000);
		t.true(report && report.slowest < mostTime);
		t.true(report && report.largest < mostMemory);
	});
};
