import {execFile} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {mkdir, symlink, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {promisify} from 'node:util';
import test, {type ExecutionContext} from 'ava';
import {storeCases} from '../source/testing/index.ts';
import {temporaryDirectory} from './helpers/stores/stores.ts';
import {installFromNpm} from './services/install.ts';
import {npmPackages} from './services/needs.ts';

// Runs the examples of the page on writing a store.

const root = join(import.meta.dirname, '..');
const page = readFileSync(join(root, 'docs/writing-a-store.md'), 'utf8');

/** The first example that follows these words in the page. */
const exampleAfter = (words: string): string => {
	const [, rest] = page.split(words);
	const [, code] = /```ts\n([\s\S]*?)```/.exec(rest ?? '') ?? [];
	if (code === undefined) throw new Error(`Expected an example after "${words}"`);
	return code;
};

const mapStore = exampleAfter('in a `Map`:');

/** Installed for this page alone. As a dependency, it would add forty megabytes to every `npm ci`. */
const findVitest = async (): Promise<string> => {
	const folder = await installFromNpm(npmPackages.vitest);
	if (!folder) throw new Error('Expected npm to install Vitest');
	return folder;
};

/** A user's project, with the store of the page. */
const makeProject = async (t: ExecutionContext, files: Readonly<Record<string, string>>): Promise<string> => {
	const project = await temporaryDirectory(t);
	const [ours, packages] = [join(project, 'ours'), join(project, 'node_modules')];
	await Promise.all([ours, packages].map(folder => mkdir(folder)));
	const entry = (file: string) => pathToFileURL(join(root, 'source', file));
	const written = {
		'package.json':
			'{"type": "module", "ava": {"extensions": ["ts"], "files": ["{sound,broken}.ts"], "timeout": "120s"}}',
		'ours/package.json':
			'{"name": "koa-server-session", "type": "module", "exports": {".": "./index.js", "./testing": "./testing.js"}}',
		'ours/index.js': `export * from '${entry('index.ts')}';`,
		'ours/testing.js': `export * from '${entry('testing/index.ts')}';`,
		'my-store.ts': `${mapStore}\nexport {MapStore as MyStore};`,
		...files,
	};
	for (const [name, text] of Object.entries(written)) await writeFile(join(project, name), text);
	// A link, because Node runs no TypeScript inside `node_modules`.
	await symlink(ours, join(packages, 'koa-server-session'));
	await symlink(join(root, 'node_modules/ava'), join(packages, 'ava'));
	if ('vitest.config.js' in files) await symlink(await findVitest(), join(packages, 'vitest'));
	return project;
};

type Run = {readonly passed: number; readonly skipped: number; readonly failed: readonly string[]};

/** Runs the suites. The runners print TAP, with the counts in its last lines, or JSON. */
const run = async (project: string, ...programArguments: readonly string[]): Promise<Run> => {
	// With this variable, `node --test` would report to the process that set it.
	const {NODE_TEST_CONTEXT: _, ...env} = process.env;
	const {stdout} = await promisify(execFile)(process.execPath, programArguments, {cwd: project, env}).catch(
		(error: {stdout: string}) => error,
	);
	if (stdout.startsWith('{')) {
		const {numPassedTests, numPendingTests, testResults} = JSON.parse(stdout) as VitestReport;
		const failed = testResults.flatMap(({name, assertionResults}) =>
			assertionResults.filter(({status}) => status === 'failed').map(() => name),
		);
		return {passed: numPassedTests, skipped: numPendingTests, failed};
	}
	const count = (word: string) => Number(new RegExp(`^# ${word} (\\d+)$`, 'm').exec(stdout)?.[1]);
	return {
		passed: count('pass'),
		skipped: count(stdout.includes('# skipped') ? 'skipped' : 'skip'),
		// One names the file in the title, the other below it.
		failed: stdout.match(/^not ok .*(?:\n {2}(?:---|duration_ms:.*|type:.*|location:.*))*/gm) ?? [],
	};
};

type VitestReport = {
	readonly numPassedTests: number;
	readonly numPendingTests: number;
	readonly testResults: readonly {
		readonly name: string;
		readonly assertionResults: readonly {readonly status: string}[];
	}[];
};

const runners = {
	'node:test': ['--test', '--test-reporter=tap', 'sound.ts', 'broken.ts'],
	AVA: ['node_modules/ava/entrypoints/cli.js', '--tap'],
	Vitest: ['node_modules/vitest/vitest.mjs', 'run', '--reporter=json'],
};

const applying = storeCases.filter(
	({needs}) => needs === undefined || needs === 'keeps' || needs === 'compareAndSwap',
).length;
const forgetsToDelete = `${mapStore.replace('return this.#records.delete(key);', 'return true;')}\nexport {MapStore as MyStore};`;

for (const [runner, programArguments] of Object.entries(runners)) {
	test.serial(`the adapter for ${runner} runs the suite`, async t => {
		const suite = exampleAfter(`With ${runner === 'node:test' ? `\`${runner}\`` : runner}:`);
		const project = await makeProject(t, {
			'sound.ts': suite,
			'broken.ts': suite.replace('./my-store', './broken-store'),
			'broken-store.ts': forgetsToDelete,
			...(runner === 'Vitest' && {
				'vitest.config.js': "export default {test: {include: ['{sound,broken}.ts'], testTimeout: 60_000}};",
			}),
		});
		const {passed, skipped, failed} = await run(project, ...programArguments);
		t.true(failed.length > 0 && failed.length < applying);
		for (const name of failed) t.regex(name, /broken/);
		t.is(passed, 2 * applying - failed.length);
		t.is(skipped, 2 * (storeCases.length - applying));
	});
}

test.serial('stores in other processes pass the cases for several', async t => {
	const directory = await temporaryDirectory(t);
	// The store alone instead of `open()`, since each of many processes loads it.
	const opening = `
		import {FilesystemStore} from '${pathToFileURL(join(root, 'source/stores/filesystem.ts'))}';
		export const open = directory => new FilesystemStore({directory});`;
	const suite = exampleAfter('what that takes.').replace('my-database://127.0.0.1/test', directory);
	const project = await makeProject(t, {'suite.ts': suite, 'open-my-store.ts': opening});
	const shared = storeCases.filter(({needs}) => needs === 'shared').length;
	t.deepEqual(await run(project, '--test', '--test-reporter=tap', 'suite.ts'), {
		passed: shared,
		skipped: storeCases.length - shared,
		failed: [],
	});
});
