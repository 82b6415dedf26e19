/**
`npm run build`: makes `distribution/` as it is published, declarations by `tsc` and one bundle an entry of `exports` and
`bin`. Of the declarations, it keeps those that an entry reaches.

Bundled, because importing takes a millisecond a file. Each bundle is whole but for two things, which it imports by the
`imports` of package.json: stores, which load when they are asked for, and the class of errors, which is to be the same
for all, since applications tell errors by `instanceof`.
*/
import {execFileSync} from 'node:child_process';
import {globSync, readFileSync, rmSync} from 'node:fs';
import {dirname, join, relative} from 'node:path';
import {build, type Plugin} from 'esbuild';

const {exports, bin} = JSON.parse(readFileSync('package.json', 'utf8')) as {
	exports: Record<string, {types?: string; default?: string}>;
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

const reached = new Set<string>();

/** Follows the imports of a declaration file to all others that users can name. */
const reach = (types: string): void => {
	const path = join(types);
	if (reached.has(path)) return;

	reached.add(path);
	const code = readFileSync(path, 'utf8').replaceAll(/\/\*\*[\s\S]*?\*\//g, '');
	for (const [, name = ''] of code.matchAll(/(?:from |import\()['"](\.[^'"]+)\.ts['"]/g)) {
		reach(join(dirname(path), `${name}.d.ts`));
	}
};

rmSync('distribution', {recursive: true, force: true});
execFileSync('tsc', ['--project', 'tsconfig.build.json'], {stdio: 'inherit'});
for (const {types} of Object.values(exports)) if (types) reach(types);
for (const path of globSync('distribution/**/*.d.ts')) if (!reached.has(path)) rmSync(path);
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
