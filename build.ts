/**
`npm run build`: makes `distribution/` as it is published, declarations by `tsc` and one bundle an entry of `exports` and `bin`.

Bundled, because importing takes a millisecond a file; what entries have in common lies in files that they share.
*/
import {execFileSync} from 'node:child_process';
import {readFileSync, rmSync} from 'node:fs';
import {build} from 'esbuild';

const {exports, bin} = JSON.parse(readFileSync('package.json', 'utf8')) as {
	exports: Record<string, {default?: string}>;
	bin: Record<string, string>;
};
const outputs = [...Object.values(exports).flatMap(({default: output}) => output ?? []), ...Object.values(bin)];

rmSync('distribution', {recursive: true, force: true});
execFileSync('tsc', ['--project', 'tsconfig.build.json'], {stdio: 'inherit'});
await build({
	entryPoints: outputs.map(output => output.replace('distribution', 'source').replace(/\.js$/, '.ts')),
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
});
