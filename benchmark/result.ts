import type {Spread} from './spread.ts';

/** What one contestant needed. */
export type Measurement = {
	readonly name: string;
	readonly value: Spread;

	/** What was seen beside it, by names that a table can have as its columns. */
	readonly beside?: Readonly<Record<string, number>>;
};

/** What a value has to keep to. */
export type Limit = {readonly atMost: number} | {readonly atLeast: number};

/** How this library stands to something else. */
export type Comparison = {
	/** Against whom or what. */
	readonly against: string;

	/** `undefined`: the ratios of the rounds spread wider than they are, so they say nothing. */
	readonly value: Spread | undefined;

	/** @default a ratio */
	readonly unit?: string;

	/** The target, where one was set. */
	readonly limit?: Limit;
};

/** The answer to one question. */
export type Result = {
	/** Which benchmark asked, and which of its cases: both together name the result. */
	readonly benchmark: string;
	readonly title: string;
	readonly question: string;

	/** Of the measurements. */
	readonly unit: string;
	readonly measurements: readonly Measurement[];
	readonly comparisons: readonly Comparison[];
};

/** Whether a comparison keeps to its target; `undefined` without one, or without a value. */
export const isKept = ({value, limit}: Comparison): boolean | undefined => {
	if (!value || !limit) return undefined;
	return 'atMost' in limit ? value.median <= limit.atMost : value.median >= limit.atLeast;
};

/** As `≤ 1.15`. */
export const written = (limit: Limit): string => ('atMost' in limit ? `≤ ${limit.atMost}` : `≥ ${limit.atLeast}`);
