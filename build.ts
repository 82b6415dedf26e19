/**
`npm run build`: makes `distribution/` as it is published, declarations by `tsc` and one bundle an entry of `exports` and
`bin`.

Bundled, because importing takes a millisecond a file. Each bundle is whole but for two things, which it imports by the
`imports` of package.json: stores, which load when they are asked for, and the class of errors, which is to be the same
for all, since applications tell errors by `instanceof`.
*/
import {execFileSync} from 'node:child_process';
import {readFileSync, rmSync} from 'node:fs';
import {join, relative} from 'node:path';
import {build, type Plugin} from 'esbuild';

const {exports, bin} = JSON.parse(readFileSync('package.json', 'utf8')) as {
	exports: Record<string, {default?: string}>;
	bin: Record<string, string>;
};
const outputs = [...Object.values(exports).flatMap(({default: output}) => output ?? []), ...Object.values(bin)];
const sourceOf = (output: string): string => output.replace('distribution', 'source').replace(/\.js$/, '.ts');

const inSource = (folder: string, path: string): string =>
	relative(join(import.meta.dirname, 'source'), join(folder, path)).replace(/\.ts$/, '');

const apart: Plugin = {
	name: 'apart',
	setup({onResolve}) {
		onResolve({filter: /^\.{1,2}\/.*\.ts$/}, ({kind, path, resolveDir}) => {
			const name = inSource(resolveDir, path);
			const isApart = kind === 'dynamic-import' || (kind === 'import-statement' && name === 'errors');
			return isApart ? {path: `#${name}`, external: true} : undefined;
		});
	},
};

rmSync('distribution', {recursive: true, force: true});
execFileSync('tsc', ['--project', 'tsconfig.build.json'], {stdio: 'inherit'});
await build({
	// The last one is the program of a process of its own.
	entryPoints: [...outputs.map(sourceOf), './source/errors.ts', './source/testing/store-process.ts'],
	outbase: 'source',
	outdir: 'distribution',
	bundle: true,
	format: 'esm',
	platform: 'node',
	target: 'node20.19',
	packages: 'external',
	plugins: [apart],
	logLevel: 'warning',
});
