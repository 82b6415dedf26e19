/*
`npm run release -- minor`        checks everything, sets the version, and pushes the tag. The workflow on it publishes.
`npm run release -- minor --dry`  does the same in a copy of the repository, and pushes nothing. Also: `--untested`.
`npm run api`                     writes the API report

npm calls the others: `prepare-version` within `npm version`, `check` before it publishes anything.
*/
import {execFileSync} from 'node:child_process';
import {existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {type Api, formatApi, parseApi} from './api.ts';
import {newestSection, release} from './changelog.ts';
import {type Manifest, type Released, releaseProblems, repositoryProblem} from './checks.ts';

const root = join(import.meta.dirname, '..');
const read = (name: string, folder = root): string => readFileSync(join(folder, name), 'utf8');
const manifestOf = (folder: string): Manifest => JSON.parse(read('package.json', folder));

const api = (folder: string): Api => parseApi(read('publishing/api.md', folder));

/** `released.md` begins with the version whose API it holds. */
const released = (folder: string): Released => {
	if (!existsSync(join(folder, 'publishing/released.md'))) return undefined;
	const page = read('publishing/released.md', folder);
	return {version: /^Released as (\S+)\.$/m.exec(page)?.[1] ?? '', api: parseApi(page)};
};

/** npm tells its scripts about the package that they belong to. Within a copy, that is another one. */
const env = Object.fromEntries(
	Object.entries(process.env).filter(
		([name]) => !/^npm_(?:package|lifecycle|config_local_prefix)|^INIT_CWD$/.test(name),
	),
);

const run = (folder: string, command: string, ...args: readonly string[]): void => {
	console.log(`── ${[command, ...args].join(' ')}`);
	execFileSync(command, args, {cwd: folder, env, stdio: 'inherit'});
};

const ask = (command: string, ...args: readonly string[]): string =>
	execFileSync(command, args, {cwd: root, encoding: 'utf8'}).trim();

const refuse = (problems: readonly (string | undefined)[]): void => {
	const known = problems.filter(problem => problem !== undefined);
	if (known.length > 0) throw new Error(`Not published:\n${known.map(problem => `- ${problem}`).join('\n')}`);
};

/** Within `npm version`: package.json has the new version already. */
const prepareVersion = (): void => {
	const {version} = manifestOf(root);
	const changelog = read('CHANGELOG.md');
	refuse(releaseProblems(version, changelog, released(root), api(root)));
	writeFileSync(join(root, 'CHANGELOG.md'), release(changelog, version, new Date().toISOString().slice(0, 10)));
	const [title, ...rest] = read('publishing/api.md').split('\n');
	writeFileSync(join(root, 'publishing/released.md'), [title, '', `Released as ${version}.`, ...rest].join('\n'));
	run(root, 'git', 'add', 'CHANGELOG.md', 'publishing/released.md');
};

/** Before `npm publish`, wherever it is called. */
const check = (): void => {
	const manifest = manifestOf(root);
	const {version, date} = newestSection(read('CHANGELOG.md'));
	const isDated = version === manifest.version && date !== undefined;
	refuse([
		repositoryProblem(manifest),
		isDated ? undefined : `CHANGELOG.md must begin with ${manifest.version} and its day. \`npm run release\` does that`,
	]);
};

/** A copy to try everything in, so that nothing here changes. */
const copy = (): string => {
	const folder = mkdtempSync(join(tmpdir(), 'koa-server-session-release-'));
	run(root, 'git', 'clone', '--quiet', root, folder);
	symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
	return folder;
};

const publish = (bump: string, options: readonly string[]): void => {
	const isDry = options.includes('--dry');
	refuse([
		repositoryProblem(manifestOf(root)),
		ask('git', 'status', '--porcelain') === '' ? undefined : 'Some files are not committed',
		isDry || ask('git', 'branch', '--show-current') === 'main' ? undefined : 'This is not the branch `main`',
	]);
	if (!options.includes('--untested')) run(root, 'npm', 'test');

	const folder = isDry ? copy() : root;
	try {
		// The first release has the version that package.json has already.
		run(folder, 'npm', 'version', bump, '--allow-same-version', '--message', 'Release %s');
		run(folder, 'npm', 'publish', '--dry-run');
		if (isDry) console.log('Everything works. Nothing was pushed or published');
		else run(folder, 'git', 'push', '--follow-tags', '--atomic', 'origin', 'main');
	} finally {
		if (isDry) rmSync(folder, {recursive: true});
	}
};

const writeApi = async (): Promise<void> => {
	run(root, 'npm', 'run', '--silent', 'build');
	// Only this needs a compiler.
	const {readApi} = await import('./read-api.ts');
	writeFileSync(join(root, 'publishing/api.md'), formatApi(readApi(root)));
};

const [command, bump, ...options] = process.argv.slice(2);
try {
	if (command === 'api') await writeApi();
	else if (command === 'check') check();
	else if (command === 'prepare-version') prepareVersion();
	else if (command === 'release' && bump && !bump.startsWith('-')) publish(bump, options);
	else throw new Error('Expected `patch`, `minor`, `major` or a version, such as `npm run release -- minor --dry`');
} catch (error) {
	console.error((error as Error).message);
	process.exitCode = 1;
}
