import {execFile} from 'node:child_process';
import {mkdir, symlink, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {promisify} from 'node:util';
import test from 'ava';
import {exampleOf} from '../helpers/docs/page.ts';
import {unpackInto} from '../helpers/processes/packed.ts';
import {temporaryDirectory} from '../helpers/stores/stores.ts';
import {installFromNpm} from '../services/install.ts';
import {npmPackages} from '../services/needs.ts';

// The page's notes on clocks, by the real test runners, in a project of a user. Each passes, and fails if time stands still.

const root = join(import.meta.dirname, '../..');
const modules = join(root, 'node_modules');

const onDemand = async (wanted: (typeof npmPackages)['vitest' | 'jest']): Promise<string> => {
	const folder = await installFromNpm(wanted);
	if (!folder) throw new Error(`Expected npm to install ${wanted.name}`);
	return folder;
};

const example = {
	'node.mjs': exampleOf('testing.md', 'timers.enable'),
	'sinon.mjs': exampleOf('testing.md', "from 'sinon'"),
	'vitest.mjs': exampleOf('testing.md', "from 'vitest'"),
	'jest.mjs': exampleOf('testing.md', "'@jest/globals'"),
};

/** The same with a minute less, which ends no session. */
const tooShort = (code: string): string =>
	code.replace("test('an hour", "test('not quite an hour").replace('3_600_001', '3_540_000');

/** Nothing but their names isn't JavaScript. */
const javascript = (code: string): string => code.replace(/'\.\/app\.[jt]s'/, "'./app.mjs'");

type Outcome = {readonly passed: number; readonly failed: number};

const run = async (project: string, ...args: readonly string[]): Promise<string> => {
	const {NODE_TEST_CONTEXT: _, ...env} = process.env;
	const {stdout} = await promisify(execFile)(process.execPath, args, {cwd: project, env}).catch(
		(error: {stdout: string; stderr: string}) => error,
	);
	return stdout;
};

const fromTap = (text: string): Outcome => {
	const count = (word: string) => Number(new RegExp(`^# ${word} (\\d+)$`, 'm').exec(text)?.[1]);
	return {passed: count('pass'), failed: count('fail')};
};

/** Vitest and Jest have the same report. */
const fromJson = (text: string): Outcome => {
	const {numPassedTests, numFailedTests} = JSON.parse(text) as {numPassedTests: number; numFailedTests: number};
	return {passed: numPassedTests, failed: numFailedTests};
};

test('in every test runner, a session ends when its clock says so', async t => {
	t.timeout(180_000);
	const project = await temporaryDirectory(t);
	const packages = join(project, 'node_modules');
	await mkdir(packages);
	const [vitest, jest] = await Promise.all([onDemand(npmPackages.vitest), onDemand(npmPackages.jest)]);
	const links = {vitest, '@jest': join(jest, '../@jest')};
	for (const name of ['koa', 'cookie', 'keygrip', 'light-my-request', 'sinon'])
		await symlink(join(modules, name), join(packages, name));
	for (const [name, target] of Object.entries(links)) await symlink(target, join(packages, name));
	await unpackInto(packages, project);

	const files: Record<string, string> = {
		'package.json': '{"type": "module"}',
		'app.mjs': exampleOf('testing.md', 'export const sessions'),
		'vitest.config.mjs': "export default {test: {include: ['**/vitest.mjs']}};",
		'jest.config.json': '{"testMatch": ["**/jest.mjs"], "transform": {}, "testEnvironment": "node"}',
	};
	for (const [name, code] of Object.entries(example)) files[name] = javascript(`${code}\n${testOf(tooShort(code))}`);
	for (const [name, text] of Object.entries(files)) await writeFile(join(project, name), text);

	const both = {passed: 1, failed: 1};
	const own = ['--test', '--test-isolation=none', '--test-reporter=tap', 'node.mjs', 'sinon.mjs'];
	t.deepEqual(fromTap(await run(project, ...own)), {passed: 2, failed: 2});
	t.deepEqual(fromJson(await run(project, join(vitest, 'vitest.mjs'), 'run', '--reporter=json')), both);
	const flag = '--experimental-vm-modules';
	t.deepEqual(fromJson(await run(project, '--no-warnings', flag, join(jest, 'bin/jest.js'), '--json')), both);
});

/** The test alone, without the imports above it. */
const testOf = (code: string): string => code.slice(code.indexOf('test('));
