/*
`npm run site`: builds the documentation as a site into `site/dist/`: the pages of `docs/`, the programs, the API from the
doc comments, the benchmark report. It works on any server of files, and asks nothing of the network. To serve it under a
path, set `SITE_BASE`, such as `SITE_BASE=/koa-server-session/ npm run site`.

`npm run site -- dev` serves it while you write.
*/
import {execFileSync} from 'node:child_process';
import {cpSync, rmSync, statSync} from 'node:fs';
import {join} from 'node:path';
import {writePages} from './pages.ts';

const folder = import.meta.dirname;
const root = join(folder, '..');
const pages = join(folder, 'pages');

const run = (command: string, ...args: readonly string[]): void => {
	execFileSync(process.execPath, [join(folder, 'node_modules', command), ...args], {cwd: folder, stdio: 'inherit'});
};

/** Installs what only the site needs, unless it is there. */
const install = (): void => {
	const modifiedAt = (file: string) => statSync(join(folder, file), {throwIfNoEntry: false})?.mtimeMs ?? 0;
	if (modifiedAt('node_modules/.package-lock.json') >= modifiedAt('package-lock.json')) return;
	execFileSync('npm', ['ci', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund'], {stdio: 'inherit'});
};

install();
rmSync(pages, {recursive: true, force: true});
writePages(root, pages);
cpSync(join(root, 'benchmark/report/index.html'), join(pages, 'public/benchmark-report/index.html'));
run('typedoc/bin/typedoc', '--options', 'typedoc.json');
run('vitepress/bin/vitepress.js', process.argv[2] === 'dev' ? 'dev' : 'build');
