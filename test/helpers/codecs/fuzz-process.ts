/** `node fuzz-process.ts <codec> <runs> <seed>`: reads bad records, and sends a report. Fails at the first that does harm. */
import {deadlyFuzzFaults} from '../faults/fuzz-faults.ts';
import {readBadRecords} from './fuzzing.ts';

const [name = '', runs, seed] = process.argv.slice(2);
// The validators and formats of the others take most of a second to load.
const fuzzed = deadlyFuzzFaults[name] ?? (await import('./fuzzed-codecs.ts')).fuzzedCodecs[name];
if (!fuzzed) throw new TypeError(`Expected a codec of \`fuzzed-codecs.ts\`, got ${name}`);

// Most runs make an error, and their stacks would take most of the time.
Error.stackTraceLimit = 0;

process.send?.('started');
process.send?.(await readBadRecords(fuzzed, Number(runs), Number(seed)));
