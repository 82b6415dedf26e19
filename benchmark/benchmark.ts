import type {Plan} from './plan.ts';
import type {Result} from './result.ts';

/** A kind of question, and the way to its answers. */
export type Benchmark = {
	readonly name: string;

	/** The versions of Node that it is worth to be run on. */
	readonly nodes: readonly ('24' | '26')[];

	/** Gives each result as soon as it is there. */
	run(plan: Plan): AsyncIterable<Result>;
};
