import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {type Api, parseApi} from './api.ts';

/** What is known of the last release: its version and its API. `undefined`: there was none. */
export type Released = {readonly version: string; readonly api: Api} | undefined;

/** The API report as it was released: it begins with the version. */
export const releasedPath = 'publishing/released.md';

/** Writes the version into an API report. */
export const formatReleased = (version: string, report: string): string => {
	const [title, ...rest] = report.split('\n');
	return [title, '', `Released as ${version}.`, ...rest].join('\n');
};

/** Reads the last release of the repository in a folder. */
export const readReleased = (root: string): Released => {
	const path = join(root, releasedPath);
	if (!existsSync(path)) return undefined;
	const page = readFileSync(path, 'utf8');
	return {version: /^Released as (\S+)\.$/m.exec(page)?.[1] ?? '', api: parseApi(page)};
};
