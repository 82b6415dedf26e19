import {execFile} from 'node:child_process';
import {once} from 'node:events';
import {cpSync, globSync, readFileSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {join} from 'node:path';
import {json} from 'node:stream/consumers';
import {promisify} from 'node:util';
import test, {type ExecutionContext} from 'ava';
import {compareApi, formatApi, parseApi} from '../publishing/api.ts';
import {newestSection, release} from '../publishing/changelog.ts';
import {bumpBetween, leastBump, releaseProblems, repositoryProblem} from '../publishing/checks.ts';
import {readApi} from '../publishing/read-api.ts';
import {pack, withoutNpm} from './helpers/processes/packed.ts';
import {temporaryDirectory} from './helpers/stores/stores.ts';

const root = join(import.meta.dirname, '..');
const read = (name: string): string => readFileSync(join(root, name), 'utf8');

test('the public API is what the report says', async t => {
	// It builds the declarations, unless this run has done so.
	await pack(await temporaryDirectory(t));
	const differences = compareApi(parseApi(read('publishing/api.md')), readApi(root));
	t.deepEqual(differences, [], 'If that was intended: `npm run api`, and a line in CHANGELOG.md');
	t.is(read('publishing/api.md'), formatApi(readApi(root)));
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
});

test('a changed API needs its name in the changelog and a high enough version', t => {
	const [before, after] = [
		api({'koa-server-session: list': 'type list = 1;'}),
		api({'koa-server-session: list': 'type list = 2;'}),
	];
	const problems = (version: string, entry: string) =>
		releaseProblems(
			version,
			`# Changelog\n\n## Unreleased\n\n${entry}\n\n## 1.0.0 (2026-12-01)\n\n- The first.\n`,
			{version: '1.0.0', api: before},
			after,
		);
	t.deepEqual(problems('2.0.0', '- Two at once: `list()`.'), []);
	t.deepEqual(problems('2.0.0', '- Something.'), ['CHANGELOG.md must name `list`, which was changed']);
	t.regex(problems('1.1.0', '- `list()`').join(), /must be a major version after 1\.0\.0/);
	t.deepEqual(problems('1.0.0', '- `list()`'), ["1.0.0 doesn't follow 1.0.0"]);
	t.deepEqual(releaseProblems('1.0.0', '## Unreleased\n\nNothing.\n', undefined, after), [
		'The newest section of CHANGELOG.md has no entries',
	]);
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
		'github:ada/sessions',
		'https://github.com/ada/sessions',
	]) {
		t.regex(problem(url) ?? '', /npm pkg set repository\.url=/, url ?? '');
	}
	t.is(problem('git+https://github.com/ada/koa-server-session.git'), undefined);
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

/** Takes what is published, as npm's registry would. */
const startRegistry = async (t: ExecutionContext) => {
	const published: {versions: Record<string, Record<string, unknown>>}[] = [];
	const server = createServer(async (request, response) => {
		if (request.method === 'PUT') published.push((await json(request)) as never);
		response.writeHead(request.method === 'PUT' ? 201 : 404, {'content-type': 'application/json'}).end('{}');
	}).listen(0, '127.0.0.1');
	await once(server, 'listening');
	t.teardown(() => server.close());
	return {url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, published};
};

test('a release does everything in a copy, and npm publishes nothing that is not ready', async t => {
	t.timeout(120_000);
	const [folder, registry] = [await temporaryDirectory(t), await startRegistry(t)];
	const run = async (command: string, ...args: readonly string[]): Promise<string> => {
		const person = {
			GIT_CONFIG_GLOBAL: '/dev/null',
			EMAIL: 'ada@example.com',
			GIT_AUTHOR_NAME: 'Ada',
			GIT_COMMITTER_NAME: 'Ada',
		};
		const env = {
			...withoutNpm,
			...person,
			npm_config_registry: registry.url,
			npm_config_cache: join(folder, '.git/npm'),
		};
		const {stdout, stderr} = await promisify(execFile)(command, args, {cwd: folder, env}).catch(
			(error: {stdout: string; stderr: string}) => error,
		);
		return stdout + stderr;
	};
	const commit = async (changes: object, changelog: string) => {
		const manifest = {...JSON.parse(read('package.json')), version: '0.1.0', ...changes};
		// The build is tested elsewhere, and takes longer than all this.
		manifest.scripts = {...manifest.scripts, prepack: 'true'};
		writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
		writeFileSync(join(folder, 'CHANGELOG.md'), changelog);
		await run('git', 'add', '.');
		await run('git', 'commit', '--quiet', '--message', 'A state');
	};
	// What `npm run release` calls, without another npm around it.
	const dry = () => run(process.execPath, 'publishing/index.ts', 'release', '0.1.0', '--dry', '--untested');
	await run('git', 'init', '--quiet', '--initial-branch', 'main');
	cpSync(join(root, 'publishing'), join(folder, 'publishing'), {recursive: true});
	writeFileSync(join(folder, '.gitignore'), 'node_modules\n');

	const unreleased = '# Changelog\n\n## 0.1.0 (unreleased)\n\n- The first version.\n';
	const repository = {type: 'git', url: 'git+https://github.com/ada/koa-server-session.git'};
	await commit({repository: {type: 'git', url: 'git+https://github.com/OWNER/koa-server-session.git'}}, unreleased);
	t.regex(await dry(), /Fill in where the repository is, once/);
	t.regex(await run('npm', 'publish'), /Fill in where[\s\S]+CHANGELOG\.md must begin with 0\.1\.0 and its day/);
	t.deepEqual(registry.published, []);

	await commit({repository}, unreleased);
	const said = await dry();
	t.regex(
		said,
		/npm version 0\.1\.0[\s\S]+npm publish --dry-run[\s\S]+Everything works\. Nothing was pushed or published/,
	);
	t.deepEqual(registry.published, []);
	t.is(await run('git', 'status', '--porcelain'), '');
	t.is(await run('git', 'tag'), '');

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
