import {execFile} from 'node:child_process';
import {join} from 'node:path';
import {promisify} from 'node:util';
import test from 'ava';
import {redisUrl} from './helpers/stores/redis.ts';

test('with a store that fails now and then nothing grows, no rejection goes unhandled, and the process ends', async t => {
	const program = join(import.meta.dirname, 'helpers/processes/soak.ts');
	const run = ['--minutes', '0.05', '--failures', '0.05', '--store', await redisUrl()];
	// A busy machine must not fail a test.
	const {stdout} = await promisify(execFile)(process.execPath, [program, ...run], {timeout: 100_000});
	t.regex(stdout, /Nothing grew/);
});
