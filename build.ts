/**
`npm run build`: makes `distribution/` as it is published, declarations by `tsc` and one bundle an entry of `exports` and
`bin`.

Bundled, because importing takes a millisecond a file. Each bundle is whole but for two things, which it imports by the
`imports` of package.json: stores, which load when they are asked for, and the class of errors, which is to be the same
for all, since applications tell errors by `instanceof`.
*/
import {execFileSync} from 'node:child_process';
import {readFileSync, rmSync} from 'node:fs';
import {build, type Plugin} from 'esbuild';

const {exports, bin} = JSON.parse(readFileSync('package.json', 'utf8')) as {
	exports: Record<string, {default?: string}>;
	bin: Record<string, string>;
};
const outputs = [...Object.values(exports).flatMap(({default: output}) => output ?? []), ...Object.values(bin)];
const sourceOf = (output: string): string => output.replace('distribution', 'source').replace(/\.js$/, '.ts');

const apart: Plugin = {
	name: 'apart',
	setup({onResolve}) {
		onResolve({filter: /\/errors\.ts$/}, ({kind}) =>
			kind === 'entry-point' ? undefined : {path: '#errors', external: true},
		);
		onResolve({filter: /^\.\/[a-z]+\.ts$/}, ({kind, path}) =>
			kind === 'dynamic-import' ? {path: path.replace(/^\.\/(.*)\.ts$/, '#stores/$1'), external: true} : undefined,
		);
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
