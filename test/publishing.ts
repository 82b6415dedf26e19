import {execFile} from 'node:child_process';
import {once} from 'node:events';
import {chmodSync, cpSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {join} from 'node:path';
import {json} from 'node:stream/consumers';
import {promisify} from 'node:util';
import test, {type ExecutionContext} from 'ava';
import {compareApi, formatApi, parseApi} from '../publishing/api.ts';
import {parseRelease} from '../publishing/arguments.ts';
import {newestSection, release} from '../publishing/changelog.ts';
import {changelogProblems, releaseProblems, repositoryProblem} from '../publishing/checks.ts';
import {readApi} from '../publishing/read-api.ts';
import {formatReleased, readReleased} from '../publishing/released.ts';
import {bumpBetween, leastBump, leastVersion, nextVersion} from '../publishing/version.ts';
import {pack, withoutNpm} from './helpers/processes/packed.ts';
import {temporaryDirectory} from './helpers/stores/stores.ts';
import {type SystemProgram, systemPrograms} from './services/needs.ts';

const root = join(import.meta.dirname, '..');
const read = (name: string): string => readFileSync(join(root, name), 'utf8');

test('the public API is what the report says', async t => {
	// It builds the declarations, unless this run has done so.
	await pack(await temporaryDirectory(t));
	const differences = compareApi(parseApi(read('publishing/api.md')), readApi(root));
	t.deepEqual(differences, [], 'If that was intended: `npm run api`, and a line in CHANGELOG.md');
	t.is(read('publishing/api.md'), formatApi(readApi(root)));
});

test('the changelog names each change of the API since the last release', t => {
	const problems = changelogProblems(read('CHANGELOG.md'), readReleased(root), parseApi(read('publishing/api.md')));
	t.deepEqual(problems, []);
});

const api = (names: Readonly<Record<string, string>>) => new Map(Object.entries(names));

test('the report can be read back, and two of them compared', t => {
	const [before, after] = [
		api({'koa-server-session: a': 'type a = 1;', 'koa-server-session: b': 'type b = 1;\ntype c = 2;'}),
		api({'koa-server-session: b': 'type b = 2;', 'koa-server-session: d': 'type d = 1;'}),
	];
	t.deepEqual(parseApi(formatApi(before)), before);
	t.deepEqual(compareApi(before, after), [
		{name: 'koa-server-session: a', kind: 'removed'},
		{name: 'koa-server-session: b', kind: 'changed'},
		{name: 'koa-server-session: d', kind: 'added'},
	]);
	t.deepEqual(compareApi(before, before), []);
});

test('a version goes up by what has changed', t => {
	const [added, removed] = (['added', 'removed'] as const).map(kind => ({name: 'koa-server-session: a', kind}));
	for (const [before, changes, bump] of [
		['1.2.3', [], 'patch'],
		['1.2.3', [added], 'minor'],
		['1.2.3', [added, removed], 'major'],
		['0.2.3', [added], 'patch'],
		['0.2.3', [removed], 'minor'],
	] as const) {
		t.is(leastBump(before, changes as never), bump, `${before} ${bump}`);
	}

	t.deepEqual(
		['1.2.4', '1.3.0', '2.0.0', '1.2.3', '1.1.9'].map(version => bumpBetween('1.2.3', version)),
		['patch', 'minor', 'major', undefined, undefined],
	);
	t.deepEqual(
		['patch', 'minor', 'major', '4.0.0'].map(wanted => nextVersion('1.2.3', wanted)),
		['1.2.4', '1.3.0', '2.0.0', '4.0.0'],
	);
});

test('without a version, a dry run takes the least that is allowed', t => {
	const [before, after] = [api({}), api({'koa-server-session: a': 'type a = 1;'})];
	t.is(leastVersion('0.1.0', undefined, after), '0.1.0');
	t.is(leastVersion('1.2.3', {version: '1.2.3', api: before}, before), '1.2.4');
	t.is(leastVersion('1.2.3', {version: '1.2.3', api: before}, after), '1.3.0');
	t.is(leastVersion('1.2.3', {version: '1.2.3', api: after}, before), '2.0.0');
});

test('a mistyped dry run is no release', t => {
	const parse = (line: string, env: NodeJS.ProcessEnv = {}) => parseRelease(line.split(' ').filter(Boolean), env);
	const dry = {wanted: 'minor', isDry: true, isTested: true};
	t.deepEqual(parse('minor'), {...dry, isDry: false});
	t.deepEqual(parse('minor --dry'), dry);
	t.deepEqual(parse('--dry minor'), dry);
	t.deepEqual(parse('--untested --dry minor'), {...dry, isTested: false});
	t.deepEqual(parse('--dry'), {...dry, wanted: undefined});
	for (const line of ['', '--untested', 'minor --dry-run', 'minor --dyr', 'minor -d', 'minor dry', 'minor --dry=no']) {
		t.throws(() => parse(line), {message: /^Expected `npm run release -- minor`/}, line);
	}

	// `npm run release minor --dry`: npm 11 calls it `--dry-run`, and npm passes only `minor` on.
	for (const name of ['npm_config_dry', 'npm_config_dry_run']) {
		t.throws(() => parse('minor', {[name]: 'true'}), {message: /npm run release -- minor --dry/});
	}
});

const changelog = (entry: string, heading = 'Unreleased') =>
	`# Changelog\n\n## ${heading}\n\n${entry}\n\n## 1.0.0 (2026-12-01)\n\n- The first: \`list()\`.\n`;

test('a changed API needs its name in the changelog and a high enough version', t => {
	const [before, after] = [
		api({'koa-server-session: list': 'type list = 1;'}),
		api({'koa-server-session: list': 'type list = 2;'}),
	];
	const problems = (version: string, entry: string) =>
		releaseProblems(version, changelog(entry), {version: '1.0.0', api: before}, after);
	t.deepEqual(problems('2.0.0', '- Two at once: `list()`.'), []);
	t.deepEqual(problems('2.0.0', '- Something.'), ['CHANGELOG.md must name `list`, which was changed']);
	t.regex(problems('1.1.0', '- `list()`').join(), /must be a major version after 1\.0\.0/);
	t.deepEqual(problems('1.0.0', '- `list()`'), ["1.0.0 doesn't follow 1.0.0"]);
	for (const version of ['1.0.0-beta.1', 'prerelease', 'v2.0.0', 'minro']) {
		t.regex(problems(version, '- `list()`').join(), /a version such as 1\.2\.3, got .+ no prereleases/, version);
	}
	t.deepEqual(releaseProblems('1.0.0', '## Unreleased\n\nNothing.\n', undefined, after), [
		'The newest section of CHANGELOG.md has no unreleased entries',
	]);
	t.deepEqual(releaseProblems('1.0.1', changelog('- Old.', '1.0.1 (2026-12-02)'), undefined, after), [
		'The newest section of CHANGELOG.md has no unreleased entries',
	]);
});

test('a change is named by what users know it as, before its release', t => {
	const states = (names: Readonly<Record<string, string>>) =>
		[api(names), api(Object.fromEntries(Object.entries(names).map(([name, code]) => [name, `${code}!`])))] as const;
	const problems = ([before, after]: ReturnType<typeof states>, page: string) =>
		changelogProblems(page, {version: '1.0.0', api: before}, after);

	const main = states({'koa-server-session: default': 'function session();'});
	t.deepEqual(problems(main, changelog('- The default is longer.')), [
		'CHANGELOG.md must name `session()`, which was changed',
	]);
	t.deepEqual(problems(main, changelog('- `session()` takes more.')), []);

	const list = states({'koa-server-session: list': ''});
	t.is(problems(list, changelog('- `list()`', '1.0.1 (2026-12-02)')).length, 1, 'what was released names nothing new');
	t.deepEqual(changelogProblems(changelog(''), undefined, list[1]), [], 'nothing was released');

	const code = 'type Code = keyof typeof statusOf;';
	const hidden = [
		api({'koa-server-session: Code': code, '(named by others) errors: statusOf': '1', '(named by others) a: Old': '1'}),
		api({'koa-server-session: Code': code, '(named by others) errors: statusOf': '2', '(named by others) a: New': '1'}),
	] as const;
	t.deepEqual(problems(hidden, changelog('- Something.')), [
		'CHANGELOG.md must name `statusOf` or `Code`, which was changed',
	]);
	t.deepEqual(problems(hidden, changelog('- One more `Code`.')), []);
	t.deepEqual(problems(hidden, changelog('- `statusOf`')), []);
});

test('the report of a release is read back from its folder', async t => {
	const folder = await temporaryDirectory(t);
	t.is(readReleased(folder), undefined);
	const names = api({'koa-server-session: list': 'type list = 1;'});
	mkdirSync(join(folder, 'publishing'));
	writeFileSync(join(folder, 'publishing/released.md'), formatReleased('1.2.3', formatApi(names)));
	t.deepEqual(readReleased(folder), {version: '1.2.3', api: names});
});

test('the changelog can be released, once', t => {
	const {version, date, text} = newestSection(read('CHANGELOG.md'));
	t.true(text.includes('\n- '));
	if (!date) t.is(newestSection(release(read('CHANGELOG.md'), version ?? '1.0.0', '2026-12-31')).date, '2026-12-31');
	const released = '# Changelog\n\n## 1.0.0 (2026-12-31)\n\n- The first.\n';
	t.throws(() => release(released, '1.0.1', '2027-01-01'), {message: /"## Unreleased"/});
	t.throws(() => newestSection('# Changelog\n\n## 1.0 (soon)\n'), {message: /got "## 1\.0 \(soon\)"/});
});

test('a repository that nobody filled in is refused', t => {
	const problem = (url?: string) =>
		repositoryProblem({version: '1.0.0', ...(url !== undefined && {repository: {url}})});
	for (const url of [
		undefined,
		'',
		'git+https://github.com/OWNER/koa-server-session.git',
		'git+https://github.com/you/koa-server-session.git',
		// npm makes no `homepage` and no `bugs` of it.
		'git+https://git.example.com/ada/koa-server-session.git',
		'github:ada/sessions',
		'https://github.com/ada/sessions',
	]) {
		t.regex(problem(url) ?? '', /npm pkg set repository\.url=/, url ?? '');
	}
	for (const host of ['github.com', 'gitlab.com', 'bitbucket.org']) {
		t.is(problem(`git+https://${host}/ada/koa-server-session.git`), undefined);
	}
});

test('every command that a page or a workflow names exists', t => {
	const {scripts} = JSON.parse(read('package.json')) as {scripts: Record<string, string>};
	const pages = [
		'README.md',
		'CONTRIBUTING.md',
		'benchmark/README.md',
		'publishing/api.md',
		...globSync(['docs/*.md', '.github/**/*.yml'], {cwd: root}),
	];
	for (const page of pages) {
		for (const [, name = ''] of read(page).matchAll(/npm run ([\w:-]+)/g)) t.true(name in scripts, `${page}: ${name}`);
	}
});

test('people and runners are told to install what the tests start', t => {
	const packages = new Set(Object.values<SystemProgram>(systemPrograms).map(({debianPackage}) => debianPackage));
	const listed = (page: string): readonly string[] => {
		const [, list = ''] = /apt-get install ([^`\n]+)/.exec(read(page)) ?? [];
		return list.split(' ').filter(word => !word.startsWith('-'));
	};
	// A whole Chromium can do what the one without windows can. A runner has one.
	packages.delete('chromium-headless-shell');
	t.deepEqual(listed('CONTRIBUTING.md').toSorted(), [...packages].toSorted());
	packages.delete('chromium');
	t.deepEqual(listed('.github/actions/install/action.yml').toSorted(), [...packages].toSorted());

	const workflows = globSync('.github/workflows/*.yml', {cwd: root}).filter(file =>
		/npm (?:run )?test/.test(read(file)),
	);
	t.is(workflows.length, 3);
	for (const file of workflows)
		t.regex(read(file), /uses: \.\/\.github\/actions\/install\n\s+- run: npm (?:run )?test/);
});

test('CI makes long runs by night', t => {
	t.regex(read('.github/workflows/nightly.yml'), /schedule:\n\s+- cron: [\s\S]+npm run test:long/);
});

/** Takes what is published and says what there is, as npm's registry would. */
const startRegistry = async (t: ExecutionContext) => {
	const published: {name: string; versions: Record<string, Record<string, unknown>>}[] = [];
	const server = createServer(async (request, response) => {
		if (request.method === 'PUT') published.push((await json(request)) as never);
		const known = published.find(({name}) => request.url === `/${name}`);
		const status = request.method === 'PUT' ? 201 : known ? 200 : 404;
		response.writeHead(status, {'content-type': 'application/json'}).end(JSON.stringify(known ?? {}));
	}).listen(0, '127.0.0.1');
	await once(server, 'listening');
	t.teardown(() => server.close());
	return {url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, published};
};

test('the workflow of a release leaves alone what npm has already', async t => {
	t.timeout(120_000);
	const [folder, registry] = [await temporaryDirectory(t), await startRegistry(t)];
	const [, step = ''] = /run: (echo "published=.+)/.exec(read('.github/workflows/release.yml')) ?? [];
	const look = async (tag: string): Promise<string> => {
		const env = {
			...withoutNpm,
			GITHUB_REF_NAME: tag,
			GITHUB_OUTPUT: join(folder, tag),
			npm_config_registry: registry.url,
			npm_config_cache: join(folder, 'npm'),
		};
		// As runners start it.
		await promisify(execFile)('bash', ['-e', '-c', step], {cwd: folder, env});
		return readFileSync(join(folder, tag), 'utf8');
	};
	t.is(await look('v0.1.0'), 'published=\n', 'nothing is there');

	const name = 'koa-server-session';
	registry.published.push({
		name,
		versions: {'0.1.0': {name, version: '0.1.0'}},
		'dist-tags': {latest: '0.1.0'},
	} as never);
	t.is(await look('v0.1.1'), 'published=\n');
	rmSync(join(folder, 'v0.1.0'));
	t.is(await look('v0.1.0'), 'published=0.1.0\n');
});

/** A repository like this one in a temporary folder, with an `origin` to push to and a registry to publish to. */
const startProject = async (t: ExecutionContext) => {
	const [folder, origin, registry] = [await temporaryDirectory(t), await temporaryDirectory(t), await startRegistry(t)];
	const env = {
		...withoutNpm,
		GIT_CONFIG_GLOBAL: '/dev/null',
		EMAIL: 'ada@example.com',
		GIT_AUTHOR_NAME: 'Ada',
		GIT_COMMITTER_NAME: 'Ada',
		npm_config_registry: registry.url,
		npm_config_cache: join(folder, '.git/npm'),
	};
	const run = async (command: string, ...args: readonly string[]): Promise<string> => {
		const {stdout, stderr} = await promisify(execFile)(command, args, {cwd: folder, env}).catch(
			(error: {stdout: string; stderr: string}) => error,
		);
		return stdout + stderr;
	};
	// What `npm run release` calls, without another npm around it.
	const release = (...args: readonly string[]) =>
		run(process.execPath, 'publishing/index.ts', 'release', '--untested', ...args);
	const commit = async (changes: object, changelog: string) => {
		const manifest = {...JSON.parse(read('package.json')), version: '0.1.0', repository, ...changes};
		// The build is tested elsewhere, and takes longer than all this.
		manifest.scripts = {...manifest.scripts, prepack: 'true'};
		writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
		writeFileSync(join(folder, 'CHANGELOG.md'), changelog);
		await run('git', 'add', '.');
		await run('git', 'commit', '--quiet', '--message', 'A state');
		await run('git', 'push', '--quiet', 'origin', 'main');
	};

	await run('git', 'init', '--quiet', '--bare', origin);
	await run('git', 'init', '--quiet', '--initial-branch', 'main');
	await run('git', 'remote', 'add', 'origin', origin);
	cpSync(join(root, 'publishing'), join(folder, 'publishing'), {recursive: true});
	rmSync(join(folder, 'publishing/released.md'), {force: true});
	writeFileSync(join(folder, '.gitignore'), 'node_modules\n');
	return {folder, origin, registry, run, release, commit};
};

const unreleased = '# Changelog\n\n## 0.1.0 (unreleased)\n\n- The first version.\n';
const repository = {type: 'git', url: 'git+https://github.com/ada/koa-server-session.git'};

test('a release does everything in a copy, and npm publishes nothing that is not ready', async t => {
	t.timeout(120_000);
	const {folder, registry, run, release, commit} = await startProject(t);
	await commit({repository: {type: 'git', url: 'git+https://github.com/OWNER/koa-server-session.git'}}, unreleased);
	t.regex(await release('--dry'), /Fill in where the repository is, once/);
	t.regex(await run('npm', 'publish'), /Fill in where[\s\S]+CHANGELOG\.md must begin with 0\.1\.0 and its day/);
	t.deepEqual(registry.published, []);

	await commit({}, unreleased);
	const said = await release('--dry');
	t.regex(
		said,
		/npm version 0\.1\.0[\s\S]+npm publish --dry-run[\s\S]+git push --dry-run[\s\S]+Everything works\. Nothing was pushed or published/,
	);
	t.deepEqual(registry.published, []);
	t.is(await run('git', 'status', '--porcelain'), '');
	t.is(await run('git', 'tag'), '');
	t.is(await run('git', 'ls-remote', '--tags', 'origin'), '');

	await run('npm', 'version', '0.1.0', '--allow-same-version');
	t.regex(readFileSync(join(folder, 'CHANGELOG.md'), 'utf8'), /## 0\.1\.0 \(\d{4}-\d\d-\d\d\)/);
	t.regex(readFileSync(join(folder, 'publishing/released.md'), 'utf8'), /^Released as 0\.1\.0\.$/m);
	await run('npm', 'publish', `--//${new URL(registry.url).host}/:_authToken=test`);
	t.like(registry.published[0]?.versions['0.1.0'], {
		repository,
		homepage: 'https://github.com/ada/koa-server-session#readme',
		bugs: {url: 'https://github.com/ada/koa-server-session/issues'},
	});
});

test('a release that cannot be pushed is refused first, also in a dry run', async t => {
	t.timeout(120_000);
	const {folder, run, release, commit} = await startProject(t);
	await commit({}, unreleased);
	const refused = async (expected: RegExp, ...args: readonly string[]) => {
		for (const options of [args, ['--dry', ...args]]) {
			const said = await release(...options);
			t.regex(said, expected);
			t.notRegex(said, /── npm version/);
		}
	};

	t.regex(await run('npm', 'run', 'release', 'minor', '--dry'), /npm kept `--dry` for itself/);
	await refused(/There are no prereleases/, '1.0.0-beta.1');
	writeFileSync(join(folder, 'new.md'), '');
	await refused(/Some files are not committed/, '0.1.0');
	rmSync(join(folder, 'new.md'));
	await run('git', 'switch', '--quiet', '--create', 'other');
	await refused(/This is not the branch `main`/, '0.1.0');
	await run('git', 'switch', '--quiet', 'main');
	await run('git', 'tag', 'v0.1.0');
	await refused(/There is a tag v0\.1\.0 already/, '0.1.0');
	await run('git', 'tag', '--delete', 'v0.1.0');

	await commit({}, `${unreleased}- By another.\n`);
	await run('git', 'reset', '--quiet', '--hard', 'HEAD~');
	await refused(/`origin` has commits that are not here/, '0.1.0');
	await run('git', 'remote', 'remove', 'origin');
	await refused(/`git fetch origin main` fails/, '0.1.0');
});

test('a release that fails leaves nothing, and works the next time', async t => {
	t.timeout(120_000);
	const {origin, run, release, commit} = await startProject(t);
	await commit({}, unreleased);
	const before = await run('git', 'rev-parse', 'HEAD');
	const hook = join(origin, 'hooks/pre-receive');
	writeFileSync(hook, '#!/bin/sh\nexit 1\n');
	chmodSync(hook, 0o755);
	t.regex(await release('0.1.0'), /git push[\s\S]+pre-receive hook declined/);
	t.is(await run('git', 'rev-parse', 'HEAD'), before);
	t.is(await run('git', 'tag'), '');
	t.is(await run('git', 'status', '--porcelain'), '');

	rmSync(hook);
	await release('0.1.0');
	t.regex(await run('git', 'ls-remote', 'origin'), /refs\/heads\/main[\s\S]+refs\/tags\/v0\.1\.0/);
	t.is(await run('git', 'log', '-1', '--format=%s', 'origin/main'), 'Release 0.1.0\n');
});
