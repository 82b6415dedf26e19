import test from 'ava';
import {fuzz} from '../helpers/codecs/fuzz.ts';
import {fuzzFaults} from '../helpers/faults/fuzz-faults.ts';

for (const fault of Object.keys(fuzzFaults))
	test.serial(`fuzzing finds a codec that ${fault}`, async t => {
		await t.throwsAsync(fuzz(fault, 200, {...(fault === 'never ends' ? {timeout: 10_000} : {})}));
	});

test.serial('fuzzing finds nothing wrong with a sound codec', async t => {
	await t.notThrowsAsync(fuzz('json', 200));
});
