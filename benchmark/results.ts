import {execFileSync} from 'node:child_process';
import {readFileSync, writeFileSync} from 'node:fs';
import {cpus, totalmem} from 'node:os';
import {join} from 'node:path';
import type {Spread} from './statistics.ts';

/** The figures of one contestant. */
export type Measurement = {
	readonly name: string;
	readonly value: Spread;

	/** Further figures, by the name of their column. */
	readonly columns?: Readonly<Record<string, number>>;
};

/** A target: what a value may be at most, or must be at least. */
export type Limit = {readonly atMost: number} | {readonly atLeast: number};

/** How this library compares with something else. */
export type Comparison = {
	readonly against: string;

	/** `undefined`: the rounds differ too much to say anything. */
	readonly value: Spread | undefined;

	/** @default a ratio */
	readonly unit?: string;

	/** The target, if there is one. */
	readonly limit?: Limit;
};

/** The answer to one question. `benchmark` and `title` together name it. */
export type Result = {
	readonly benchmark: string;
	readonly title: string;
	readonly question: string;

	/** The unit of the measurements. */
	readonly unit: string;
	readonly measurements: readonly Measurement[];
	readonly comparisons: readonly Comparison[];
};

/** Whether a comparison meets its target. `undefined` if it has no target or no value. */
export const isMet = ({value, limit}: Comparison): boolean | undefined => {
	if (!value || !limit) return undefined;
	return 'atMost' in limit ? value.median <= limit.atMost : value.median >= limit.atLeast;
};

/** Where and when something was measured. */
export type Environment = {
	readonly date: string;

	/** Ends with `+` if files differed from it. */
	readonly commit: string;
	readonly node: string;
	readonly platform: string;
	readonly machine: string;
};

/** A result and where it comes from. */
export type Recorded = Result & {readonly environment: Environment};

/** The major version of Node. */
export const majorOf = ({node}: Environment): string => node.slice(1).split('.')[0] ?? '';

const root = join(import.meta.dirname, '..');

export const environment = (): Environment => {
	const processors = cpus();
	const git = (...args: string[]) => execFileSync('git', args, {cwd: root, encoding: 'utf8'}).trim();
	// The files that a benchmark writes don't count.
	const changes = git('status', '--porcelain', '--', 'source', 'benchmark/*.ts', 'benchmark/*.js', 'package-lock.json');
	return {
		date: new Date().toISOString().slice(0, 10),
		commit: `${git('rev-parse', '--short', 'HEAD')}${changes === '' ? '' : '+'}`,
		node: process.version,
		platform: `${process.platform} ${process.arch}`,
		machine: `${processors.length} × ${processors[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GB`,
	};
};

/** Results of quick runs are only to look at, so they have a file of their own. */
type Kind = {readonly isQuick: boolean};

const fileOf = ({isQuick}: Kind): string => join(import.meta.dirname, isQuick ? 'quick.json' : 'results.json');

/** All known results, including those of earlier runs. */
export const readResults = (kind: Kind): readonly Recorded[] => {
	try {
		return JSON.parse(readFileSync(fileOf(kind), 'utf8'));
	} catch (error) {
		if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
		throw error;
	}
};

/** Keeps a result. It replaces the previous answer to the same question on the same major version of Node. */
export const record = (result: Recorded, kind: Kind): void => {
	writeFileSync(fileOf(kind), format(replace(readResults(kind), result)));
};

/** JSON with one result a line, so that a diff shows which results are new. */
export const format = (results: readonly Recorded[]): string =>
	`[\n${results.map(result => JSON.stringify(result, rounded)).join(',\n')}\n]\n`;

/** More than four digits are noise. */
const rounded = (_: string, value: unknown): unknown =>
	typeof value === 'number' ? Number(value.toPrecision(4)) : value;

export const replace = (known: readonly Recorded[], result: Recorded): readonly Recorded[] => {
	const place = known.findIndex(each => nameOf(each) === nameOf(result));
	return place < 0 ? [...known, result] : known.with(place, result);
};

const nameOf = ({benchmark, title, environment}: Recorded): string =>
	[benchmark, title, majorOf(environment)].join(' ');
