import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {readResults} from '../results.ts';
import type {Chart} from './charts.ts';
import {evidence, insert, summary} from './markdown.ts';
import {pageOf} from './page.ts';

/** Writes all results into a page and into both READMEs. Results of quick runs only go into a page of their own. */
export const writeReport = async ({isQuick}: {readonly isQuick: boolean}): Promise<string> => {
	const results = readResults({isQuick});
	const page = join(import.meta.dirname, isQuick ? 'quick.html' : 'index.html');
	writeFileSync(page, await pageOf(results, await drawing()));
	if (!isQuick) {
		rewrite('../../README.md', text => insert(text, 'benchmark', summary(results)));
		rewrite('../README.md', text => insert(text, 'evidence', evidence(results)));
	}
	return page;
};

const rewrite = (path: string, change: (text: string) => string): void => {
	const file = join(import.meta.dirname, path);
	writeFileSync(file, change(readFileSync(file, 'utf8')));
};

/** What drawing needs of Vega. Its types are known only once this package is installed. */
type Vega = {
	parse(specification: unknown): unknown;
	View: new (runtime: unknown, options: object) => {toSVG(): Promise<string>; finalize(): void};
};
type VegaLite = {compile(chart: Chart): {spec: unknown}};

const drawing = async () => {
	const {parse, View}: Vega = await import('vega' as string);
	const {compile}: VegaLite = await import('vega-lite' as string);
	return async (chart: Chart): Promise<string> => {
		const view = new View(parse(compile(chart).spec), {renderer: 'none'});
		const svg = await view.toSVG();
		view.finalize();
		return svg;
	};
};
