/*
`npm run release -- minor`        checks everything, sets the version, and pushes the tag. The workflow on it publishes.
`npm run release -- minor --dry`  does the same in a copy of the repository, and pushes nothing. Also: `--untested`.
`npm run release -- --dry`        does that with the least version that the changes of the API allow
`npm run api`                     writes the API report

npm calls the others: `prepare-version` within `npm version`, `check` before it publishes anything.
*/
import {execFileSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {type Api, formatApi, parseApi} from './api.ts';
import {parseRelease} from './arguments.ts';
import {newestSection, release} from './changelog.ts';
import {type Manifest, releaseProblems, repositoryProblem} from './checks.ts';
import {formatReleased, readReleased, releasedPath} from './released.ts';
import {leastVersion, nextVersion} from './version.ts';

const root = join(import.meta.dirname, '..');
const read = (name: string): string => readFileSync(join(root, name), 'utf8');
const manifest = (): Manifest => JSON.parse(read('package.json'));

const api = (): Api => parseApi(read('publishing/api.md'));

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

/** What Git answers. */
const git = (folder: string, ...args: readonly string[]): string =>
	execFileSync('git', args, {cwd: folder, encoding: 'utf8'}).trim();

const refuse = (problems: readonly (string | undefined)[]): void => {
	const known = problems.filter(problem => problem !== undefined);
	if (known.length > 0) throw new Error(`Not published:\n${known.map(problem => `- ${problem}`).join('\n')}`);
};

/** Within `npm version`: package.json has the new version already. */
const prepareVersion = (): void => {
	const {version} = manifest();
	const changelog = read('CHANGELOG.md');
	refuse(releaseProblems(version, changelog, readReleased(root), api()));
	writeFileSync(join(root, 'CHANGELOG.md'), release(changelog, version, new Date().toISOString().slice(0, 10)));
	writeFileSync(join(root, releasedPath), formatReleased(version, read('publishing/api.md')));
	run(root, 'git', 'add', 'CHANGELOG.md', releasedPath);
};

/** Before `npm publish`, wherever it is called. */
const check = (): void => {
	const {version} = manifest();
	const newest = newestSection(read('CHANGELOG.md'));
	const isDated = newest.version === version && newest.date !== undefined;
	refuse([
		repositoryProblem(manifest()),
		isDated ? undefined : `CHANGELOG.md must begin with ${version} and its day. \`npm run release\` does that`,
	]);
};

/** Why a release can't be pushed from here. */
const gitProblems = (version: string): readonly (string | undefined)[] => {
	try {
		git(root, 'fetch', '--quiet', 'origin', 'main');
	} catch {
		return ['`git fetch origin main` fails. Add the remote `origin`, and push `main` once'];
	}

	return [
		git(root, 'status', '--porcelain') === '' ? undefined : 'Some files are not committed',
		git(root, 'branch', '--show-current') === 'main' ? undefined : 'This is not the branch `main`',
		git(root, 'rev-list', 'HEAD..origin/main') === ''
			? undefined
			: '`origin` has commits that are not here: `git pull`',
		git(root, 'tag', '--list', `v${version}`) === '' ? undefined : `There is a tag v${version} already`,
	];
};

/** A copy to try everything in, so that nothing here changes. It pushes to where we do. */
const copy = (): string => {
	const folder = mkdtempSync(join(tmpdir(), 'koa-server-session-release-'));
	run(root, 'git', 'clone', '--quiet', root, folder);
	git(folder, 'remote', 'set-url', 'origin', git(root, 'remote', 'get-url', 'origin'));
	symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
	return folder;
};

/** If a step fails, everything is as before, so that the release can be tried again. */
const tagAndPush = (folder: string, version: string, pushOptions: readonly string[]): void => {
	const before = git(folder, 'rev-parse', 'HEAD');
	const tag = `v${version}`;
	try {
		run(folder, 'npm', 'version', version, '--allow-same-version', '--message', 'Release %s');
		run(folder, 'npm', 'publish', '--dry-run');
		run(folder, 'git', 'push', ...pushOptions, '--atomic', 'origin', 'main', tag);
	} catch (error) {
		run(folder, 'git', 'update-ref', '-d', `refs/tags/${tag}`);
		run(folder, 'git', 'reset', '--quiet', '--hard', before);
		throw error;
	}
};

const tryInCopy = (version: string): void => {
	const folder = copy();
	try {
		tagAndPush(folder, version, ['--dry-run']);
		console.log('Everything works. Nothing was pushed or published');
	} finally {
		rmSync(folder, {recursive: true});
	}
};

const publish = (args: readonly string[]): void => {
	const {wanted, isDry, isTested} = parseRelease(args, process.env);
	const [last, current] = [readReleased(root), manifest().version];
	const version = wanted ? nextVersion(current, wanted) : leastVersion(current, last, api());
	const refuseProblems = (): void =>
		refuse([
			repositoryProblem(manifest()),
			...releaseProblems(version, read('CHANGELOG.md'), last, api()),
			...gitProblems(version),
		]);

	refuseProblems();
	if (isTested) {
		run(root, 'npm', 'test');
		// Much may have changed while the tests ran.
		refuseProblems();
	}

	if (isDry) tryInCopy(version);
	else tagAndPush(root, version, []);
};

const writeApi = async (): Promise<void> => {
	run(root, 'npm', 'run', '--silent', 'build');
	// Only this needs a compiler.
	const {readApi} = await import('./read-api.ts');
	writeFileSync(join(root, 'publishing/api.md'), formatApi(readApi(root)));
};

const [command, ...args] = process.argv.slice(2);
try {
	if (command === 'api') await writeApi();
	else if (command === 'check') check();
	else if (command === 'prepare-version') prepareVersion();
	else if (command === 'release') publish(args);
	else throw new Error('Expected `api`, `check`, `prepare-version` or `release`');
} catch (error) {
	console.error((error as Error).message);
	process.exitCode = 1;
}
