/**
`npm run build`: makes `distribution/` as it is published, declarations by `tsc` and one bundle an entry of `exports` and
`bin`. 

The package is ESM, which `require()` loads too. Compilers must be told so: for CommonJS, each entry has a file that requires the
other, and the declarations are those of CommonJS, since ESM may import those and not the reverse. Of the declarations, those
that an entry reaches are kept.

Bundled, because importing takes a millisecond a file. Each bundle is whole but for two things, which it imports by the
`imports` of package.json: stores, which load when they are asked for, and the class of errors, which is to be the same
for all, since applications tell errors by `instanceof`.
*/
import {execFileSync} from 'node:child_process';
import {globSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {basename, dirname, join, relative} from 'node:path';
import {build, type Plugin} from 'esbuild';

const {exports, bin} = JSON.parse(readFileSync('package.json', 'utf8')) as {
	exports: Record<string, {default?: {default: string}}>;
	bin: Record<string, string>;
};
const entries = Object.values(exports).flatMap(({default: entry}) => entry?.default ?? []);
const outputs = [...entries, ...Object.values(bin)];
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

/** Declarations of an entry, for ESM and for CommonJS: one and the same module, which both formats may name. */
const declare = (): void => {
	for (const output of entries) {
		const name = relative('distribution', output).replace(/\.js$/, '');
		const types = `${relative(dirname(name), '.') || '.'}/types/${name}.js`;
		reach(`distribution/types/${name}.d.ts`);
		const isRoot = name === 'index';
		const text = `export * from '${types}';\n${isRoot ? `export {session as default} from '${types}';\n` : ''}`;
		for (const kind of ['ts', 'cts']) writeFileSync(`distribution/${name}.d.${kind}`, text);
		// Compilers want to see the `default` in CommonJS.
		const required = isRoot
			? "const root = require('./index.js');\nexports.__esModule = true;\nObject.assign(exports, root);\nexports.default = root.default;\n"
			: `module.exports = require('./${basename(name)}.js');\n`;
		writeFileSync(`distribution/${name}.cjs`, required);
	}
	writeFileSync('distribution/types/package.json', '{"type": "commonjs"}\n');
	for (const path of globSync('distribution/types/**/*.d.ts')) {
		if (!reached.has(path)) rmSync(path);
		else writeFileSync(path, nameKysely(readFileSync(path, 'utf8')));
	}
};

/** Kysely is ESM only, and these are declarations of CommonJS. */
const nameKysely = (code: string): string =>
	code
		.replaceAll(/(?<=^import type .*from 'kysely')/gm, " with {'resolution-mode': 'import'}")
		.replaceAll('import("kysely")', `import("kysely", {with: {'resolution-mode': 'import'}})`);

rmSync('distribution', {recursive: true, force: true});
execFileSync('tsc', ['--project', 'tsconfig.build.json'], {stdio: 'inherit'});
await build({
	// The last one is the program of a process of its own; those before it are loaded by the root, or by all.
	entryPoints: [
		...outputs.map(sourceOf),
		'./source/errors.ts',
		'./source/device-bound.ts',
		'./source/testing/store-process.ts',
	],
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
declare();
