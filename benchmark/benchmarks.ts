import type {Benchmark} from './benchmark.ts';
import {codec} from './codec.ts';
import {http} from './http.ts';
import {importing} from './import.ts';
import {memory} from './memory.ts';
import {middleware} from './middleware.ts';
import type {Plan} from './plan.ts';
import {scale} from './scale.ts';
import {store} from './store.ts';

const benchmarks: readonly Benchmark[] = [http, middleware, store, scale, codec, memory, importing];

/** Those that a plan names. @throws TypeError If there is none of that name. */
export const choose = ({benchmark}: Plan): readonly Benchmark[] => {
	const chosen = benchmarks.filter(({name}) => benchmark === undefined || name === benchmark);
	if (chosen.length > 0) return chosen;

	const names = [...benchmarks.map(({name}) => name), 'report'].join(', ');
	throw new TypeError(`Expected one of ${names}, got ${benchmark}`);
};
