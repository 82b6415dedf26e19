import {execFile} from 'node:child_process';
import {copyFile, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {promisify} from 'node:util';
import test from 'ava';
import {build} from 'esbuild';
import type {Plugin} from 'rollup';
import {runs} from './helpers/runs.ts';
import {redisUrl} from './helpers/stores/redis.ts';
import {installFromNpm} from './services/install.ts';
import {npmPackages} from './services/needs.ts';

// Bundles an application that has one client library, of the many that stores can load.

const run = promisify(execFile);
const root = join(import.meta.dirname, '..');
let project: string;

test.before(async t => {
	t.timeout(120_000);
	// Not `tmpdir()`, where anybody's `node_modules` would lend its packages.
	project = await mkdtemp('/var/tmp/koa-server-session-bundlers-');
	const packed =
		process.env['TEST_TARBALL'] ??
		join(project, (await run('npm', ['pack', '--silent', '--pack-destination', project], {cwd: root})).stdout.trim());
	await writeFile(join(project, 'package.json'), '{"private": true, "type": "module"}');
	await copyFile(join(import.meta.dirname, 'helpers/consumer/bundled.js'), join(project, 'app.js'));
	const options = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', '--silent'];
	await run('npm', ['install', ...options, packed, 'koa@3.3.0', 'ioredis@6.0.0'], {cwd: project});
});
test.after.always(() => rm(project, {recursive: true, force: true}));

type Format = 'esm' | 'cjs';
type Vite = {build(options: object): Promise<unknown>};

/** A plugin of Rollup's. By a name in a variable, for their types take the module for the function. */
const plugin = async (name: string, options?: object): Promise<Plugin> => {
	const {default: make}: {default(options?: object): Plugin} = await import(`@rollup/plugin-${name}`);
	return make(options);
};

const bundlers: Readonly<Record<string, (format: Format, folder: string) => Promise<void>>> = {
	async esbuild(format, outdir) {
		// Packages in CommonJS call `require()`, which a bundle in ESM lacks.
		const js = `import {createRequire} from 'node:module'; const require = createRequire(import.meta.url);`;
		await build({
			entryPoints: [join(project, 'app.js')],
			bundle: true,
			platform: 'node',
			format,
			splitting: format === 'esm',
			outdir,
			outExtension: {'.js': format === 'esm' ? '.mjs' : '.cjs'},
			banner: format === 'esm' ? {js} : {},
			// It warns of an empty `import.meta`, which the code is ready for.
			logLevel: 'error',
		});
	},
	async Vite(format, outDir) {
		const vitest = await installFromNpm(npmPackages.vitest);
		if (!vitest) throw new Error('Expected npm to install Vitest, which brings Vite');
		const vite: Vite = await import(pathToFileURL(join(vitest, '../vite/dist/node/index.js')).href);
		const extension = format === 'esm' ? 'mjs' : 'cjs';
		const output = {format, entryFileNames: `[name].${extension}`, chunkFileNames: `[name]-[hash].${extension}`};
		const ssr = join(project, 'app.js');
		await vite.build({
			configFile: false,
			logLevel: 'silent',
			root: project,
			ssr: {noExternal: true},
			build: {ssr, outDir, minify: false, rollupOptions: {output}},
		});
	},
	async Rollup(format, dir) {
		const {rollup} = await import('rollup');
		const plugins = await Promise.all([
			plugin('node-resolve', {preferBuiltins: true}),
			plugin('commonjs', {ignoreDynamicRequires: true}),
			plugin('json'),
		]);
		// It warns of packages that are not installed, and leaves them to Node.
		const bundle = await rollup({input: join(project, 'app.js'), plugins, onwarn: () => undefined});
		const extension = format === 'esm' ? 'mjs' : 'cjs';
		await bundle.write({
			dir,
			format,
			entryFileNames: `[name].${extension}`,
			chunkFileNames: `[name]-[hash].${extension}`,
		});
		await bundle.close();
	},
	async webpack(format, path) {
		const {default: webpack} = await import('webpack');
		const isModule = format === 'esm';
		const compiler = webpack({
			mode: 'none',
			target: 'node20',
			context: project,
			entry: {app: './app.js'},
			experiments: {outputModule: isModule},
			output: {
				path,
				filename: isModule ? '[name].mjs' : '[name].cjs',
				chunkFormat: isModule ? 'module' : 'commonjs',
				...(isModule ? {module: true, library: {type: 'module'}} : {}),
			},
		});
		await promisify(compiler.run.bind(compiler))();
		await promisify(compiler.close.bind(compiler))();
	},
};

/** The others are asked in a long run: what they do differently is tried there, and they take as long again. */
const asked = runs(['esbuild', 'Vite'], Object.keys(bundlers));

for (const [bundler, bundle] of Object.entries(bundlers)) {
	if (!asked.includes(bundler)) continue;
	for (const format of ['esm', 'cjs'] as const) {
		test.serial(`an application bundled by ${bundler} as ${format} works, or says what to add`, async t => {
			const folder = join(project, `${bundler}-${format}`);
			await bundle(format, folder);
			const say = async (...args: readonly string[]): Promise<string> => {
				const file = join(folder, `app.${format === 'esm' ? 'mjs' : 'cjs'}`);
				return (await run(process.execPath, [file, ...args], {cwd: project})).stdout.trim();
			};
			const redis = await redisUrl();
			t.is(await say(redis, 'instance'), 'view 1');
			t.is(await say(redis), 'view 1');
			t.is(await say('memory:'), 'view 1');
			t.is(
				await say('mongodb://127.0.0.1:1'),
				'Could not load `mongodb`, which this store needs. Run `npm install mongodb` where you bundle or beside the bundle, or pass in your own client',
			);
		});
	}
}
