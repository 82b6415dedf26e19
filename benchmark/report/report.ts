import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {installReport} from './install.ts';
import {evidence, insert, summary} from './report/markdown.ts';
import {type Draw, pageOf} from './report/page.ts';
import {readResults} from './results.ts';

/** Not known when types are checked: it has dependencies of its own. */
const drawing = './report/draw.js' as string;

/** Writes what is known as a page and into both READMEs; of a quick run only a page, beside the other. */
export const writeReport = async ({isQuick}: {readonly isQuick: boolean}): Promise<string> => {
	installReport();
	const {draw}: {draw: Draw} = await import(drawing);
	const results = readResults({isQuick});
	const page = join(import.meta.dirname, `report/${isQuick ? 'quick' : 'index'}.html`);
	writeFileSync(page, await pageOf(results, draw));
	if (!isQuick) {
		rewrite('../README.md', text => insert(text, 'benchmark', summary(results)));
		rewrite('README.md', text => insert(text, 'evidence', evidence(results)));
	}
	return page;
};

const rewrite = (path: string, change: (text: string) => string): void => {
	const file = join(import.meta.dirname, path);
	writeFileSync(file, change(readFileSync(file, 'utf8')));
};
