/**
`npm run build`: makes `distribution/` as it is published, declarations by `tsc` and one bundle an entry of `exports` and
`bin`.

Bundled, because importing takes a millisecond a file; what entries have in common lies in files that they share. So that
there are few of those for the root, codecs and the command line have copies instead, but for the class of errors, which
all of them must know by `instanceof`.
*/
import {execFileSync} from 'node:child_process';
import {readFileSync, rmSync} from 'node:fs';
import {type BuildOptions, build, type Plugin} from 'esbuild';

const {exports, bin} = JSON.parse(readFileSync('package.json', 'utf8')) as {
	exports: Record<string, {default?: string}>;
	bin: Record<string, string>;
};
const sourceOf = (output: string): string => output.replace('distribution', 'source').replace(/\.js$/, '.ts');
const entries = Object.values(exports).flatMap(({default: output}) => (output ? sourceOf(output) : []));
const isCodec = (entry: string): boolean => entry.startsWith('./source/codecs/');

const sharedErrors: Plugin = {
	name: 'shared errors',
	setup({onResolve}) {
		onResolve({filter: /\/errors\.ts$/}, () => ({path: '../errors.js', external: true}));
	},
};

const options: BuildOptions = {
	outbase: 'source',
	outdir: 'distribution',
	chunkNames: 'shared/[name]-[hash]',
	bundle: true,
	splitting: true,
	format: 'esm',
	platform: 'node',
	target: 'node20.19',
	packages: 'external',
	logLevel: 'warning',
};

rmSync('distribution', {recursive: true, force: true});
execFileSync('tsc', ['--project', 'tsconfig.build.json'], {stdio: 'inherit'});
await build({...options, entryPoints: [...entries.filter(entry => !isCodec(entry)), 'source/errors.ts']});
await build({...options, entryPoints: entries.filter(isCodec), plugins: [sharedErrors]});
await build({...options, entryPoints: Object.values(bin).map(sourceOf)});
