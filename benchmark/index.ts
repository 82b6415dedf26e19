import {codec} from './codec.ts';
import {http} from './http.ts';
import {middleware} from './middleware.ts';

// `npm run benchmark -- http redis read` runs what has all these words in its title; without words, everything.
const benchmarks = [codec, middleware, http];
const [wanted, ...words] = process.argv.slice(2);
const chosen = benchmarks.filter(({name}) => wanted === undefined || name === wanted);
if (chosen.length === 0)
	throw new TypeError(`Expected one of ${benchmarks.map(({name}) => name).join(', ')}, got ${wanted}`);

console.log(`Node ${process.version}, ${process.platform} ${process.arch}\n`);
for (const benchmark of chosen) await benchmark.run(words);
