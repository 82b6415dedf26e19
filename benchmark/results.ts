import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {Environment} from './environment.ts';
import type {Result} from './result.ts';

/** A result, and where it comes from. */
export type Recorded = Result & {readonly environment: Environment};

/** Figures of a quick run are for looking at, and kept apart. */
type Kind = {readonly isQuick: boolean};

const fileOf = ({isQuick}: Kind): string => join(import.meta.dirname, `report/${isQuick ? 'quick' : 'results'}.json`);

/** All results that are known, also those of earlier runs. */
export const readResults = (kind: Kind): readonly Recorded[] => {
	try {
		return JSON.parse(readFileSync(fileOf(kind), 'utf8'));
	} catch (error) {
		if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
		throw error;
	}
};

/** Keeps a result, in the place of the one that answered the same question on the same line of Node. */
export const record = (result: Recorded, kind: Kind): void => {
	const results = replace(readResults(kind), result);
	writeFileSync(fileOf(kind), `${JSON.stringify(results, (_, value) => rounded(value), '\t')}\n`);
};

/** More digits than five are noise. */
const rounded = (value: unknown): unknown => (typeof value === 'number' ? Number(value.toPrecision(5)) : value);

export const replace = (known: readonly Recorded[], result: Recorded): readonly Recorded[] => {
	const place = known.findIndex(each => nameOf(each) === nameOf(result));
	return place < 0 ? [...known, result] : known.with(place, result);
};

const nameOf = ({benchmark, title, environment}: Recorded): string =>
	[benchmark, title, majorOf(environment)].join(' ');

export const majorOf = ({node}: Environment): string => node.slice(1).split('.')[0] ?? '';
