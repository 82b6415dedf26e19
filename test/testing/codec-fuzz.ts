import {inspect} from 'node:util';
import test from 'ava';
import {json} from '../../source/codecs/json.ts';
import {fuzz} from '../helpers/codecs/fuzz.ts';
import {readBadRecords} from '../helpers/codecs/fuzzing.ts';
import {deadlyFuzzFaults, fuzzFaults} from '../helpers/faults/fuzz-faults.ts';

/** What fuzzing must report for each fault, so that none is found by accident. */
const findings: Readonly<Record<string, RegExp>> = {
	'crashes the process': /ended by SIGABRT/,
	'never ends': /ended by SIGKILL/,
	'takes 80 MB for bytes': /one took \d+ bytes/,
	'takes more memory than there is': /ended by SIGABRT.*heap out of memory/s,
	'changes a prototype': /no prototype is changed/,
	'throws another error': /TypeError: Unexpected token/,
	'quotes data': /an error quotes data/,
	'quotes data as the cause': /an error quotes data/,
	'yields what cannot be stored': /Expected `data.method` to be plain data/,
	'yields what changes when it is stored': /what decodes can be stored and read again/,
	'accepts a forgery': /a forgery is accepted/,
};

for (const [fault, codec] of Object.entries(fuzzFaults)) {
	test.serial(`fuzzing finds a codec that ${fault}`, async t => {
		t.teardown(() => Reflect.deleteProperty(Object.prototype, 'polluted'));
		const error = await t.throwsAsync(readBadRecords(codec, 200, 1), {any: true});
		t.regex(inspect(error), findings[fault] ?? /^$/);
	});
}

for (const fault of Object.keys(deadlyFuzzFaults)) {
	test.serial(`fuzzing finds a codec that ${fault}`, async t => {
		const error = await t.throwsAsync(fuzz(fault, 20, fault === 'never ends' ? {timeout: 200} : {}), {any: true});
		t.regex(inspect(error), findings[fault] ?? /^$/);
	});
}

test.serial('fuzzing finds nothing wrong with a sound codec', async t => {
	await t.notThrowsAsync(readBadRecords({codec: json(), fragments: [Buffer.from('{')]}, 200, 1));
});
