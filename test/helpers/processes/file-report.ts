/**
Reports to `npm test`, by a pipe of its own, when a test file begins, and at its end what it cost. AVA loads this first.

AVA's TAP says neither, and when a test hangs, it ends without naming any (https://github.com/avajs/ava/issues/3461).
*/
import {writeSync} from 'node:fs';
import {relative} from 'node:path';
import {fileURLToPath} from 'node:url';
import test from 'ava';

/** One line of the pipe. Seconds: those on the clock, and the CPU's for the file's own thread. */
export type FileReport = {readonly file: string; readonly took?: {readonly wall: number; readonly cpu: number}};

const pipe = Number(process.env['TEST_PIPE'] ?? 0);
if (pipe > 0) {
	const file = relative(process.cwd(), fileURLToPath(test.meta.file));
	const startedAt = performance.now();
	const report = (took?: FileReport['took']): void =>
		void writeSync(pipe, `${JSON.stringify({file, ...(took && {took})} satisfies FileReport)}\n`);
	report();
	process.once('exit', () => {
		const {user, system} = process.threadCpuUsage();
		report({wall: (performance.now() - startedAt) / 1000, cpu: (user + system) / 1e6});
	});
}
