import {execFile} from 'node:child_process';
import {mkdtempSync, readFileSync} from 'node:fs';
import {copyFile, mkdir, readdir, rm, stat, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {promisify} from 'node:util';
import test from 'ava';
import {withoutNpm as env, pack} from './helpers/processes/packed.ts';
import {runs} from './helpers/runs.ts';
import {mongoUrl} from './helpers/stores/mongodb.ts';
import {redisUrl} from './helpers/stores/redis.ts';
import {type Compiler, compile, compilers, copyProgram, type Program} from './helpers/types/typed-programs.ts';
import {installFromNpm} from './services/install.ts';
import {npmPackages} from './services/needs.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..');
// Not `tmpdir()`, where anybody's `node_modules` would lend its packages to the projects.
const folder = mkdtempSync('/var/tmp/koa-server-session-package-');
test.after.always(() => rm(folder, {recursive: true, force: true}));

/** The most that the package may take when it is installed, in bytes. */
const mostBytes = 1_450_000;

/** The most that may be read and compiled to import the root, in bytes. */
const mostOfRoot = 232_000;

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const entries = Object.keys(manifest.exports).filter(entry => !entry.endsWith('.json'));

/** Makes a project that has the program of `helpers/consumer` and depends on the packages named. */
const makeProject = async (name: string, packages: readonly string[]): Promise<string> => {
	const project = join(folder, name);
	await mkdir(project);
	await writeFile(join(project, 'package.json'), JSON.stringify({private: true, type: 'module'}));
	for (const program of ['smoke.js', 'loaded.js', 'outdated.js']) {
		await copyFile(join(import.meta.dirname, 'helpers/consumer', program), join(project, program));
	}
	await run(
		'npm',
		['install', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', '--silent', ...packages],
		{
			cwd: project,
			env,
		},
	);
	return project;
};

/** The versions of Node that we promise to run on; Node 24 runs the tests. */
const versions = ['Node 20.19', 'Node 22.12', 'Node 22', 'Node 24', 'Node 26'] as const;
const ends = ['Node 20.19', 'Node 26'] as const;
type Version = (typeof versions)[number];

/** The program of a version: the one that runs the tests, or one from npm. */
const findNode = async (version: Version): Promise<string> => {
	if (version === 'Node 24') return process.execPath;
	const folder = await installFromNpm(npmPackages[version]);
	if (!folder) throw new Error(`Expected npm to install ${version}`);
	return join(folder, 'bin/node');
};

const without = (library: string) => ({
	code: 'ERR_SESSION_STORE_URL',
	message: `Could not load \`${library}\`, which this store needs. Run \`npm install ${library}\``,
});

/** The oldest ones have no SQLite of their own. */
const sqliteOn = (node: string, hasClients: boolean) => {
	if (!hasClients) return without('kysely');
	return ['Node 20.19', 'Node 22.12'].includes(node) ? without('better-sqlite3') : ['view 1', 'view 2'];
};

const withoutMsgpackr = ['ERR_MODULE_NOT_FOUND', "Cannot find package 'msgpackr'"];

let tarball: string;
let files: readonly string[];
const folders = new Map<string, string>();
const nodes = new Map<string, string>();

/** What the programs of `helpers/types/programs/` use. */
const forTypes = ['@koa/router@15.7.0', 'expect-type@1.4.0', '@types/node@24.19.2'];

const projects = {
	'Koa 3 and the newest clients': [
		'koa@3.3.0',
		'@types/koa@3.0.3',
		'@types/koa-session@6.4.5',
		'ioredis@6.0.0',
		'kysely@0.29.9',
		'mongodb@7.9.0',
		'msgpackr@2.1.3',
		...forTypes,
	],
	'Koa 2 and the oldest clients': [
		'koa@2.16.0',
		'@types/koa@2.15.0',
		'ioredis@5.3.0',
		'kysely@0.27.0',
		'mongodb@5.0.0',
		'msgpackr@2.1.0',
		...forTypes,
	],
	'Koa alone': ['koa@3.3.0', '@types/koa@3.0.3'],
	// Which an application has for something else. It can install the package all the same: peers are optional in any version.
	'Koa 3 and outdated libraries': [
		'koa@3.3.0',
		'@types/koa@2.13.0',
		'better-sqlite3@9.0.0',
		'ioredis@4.28.5',
		'kysely@0.26.3',
		'mongodb@4.17.2',
		'msgpackr@1.11.5',
		'mysql2@2.3.3',
		'redis@4.7.1',
	],
};

test.before(async t => {
	t.timeout(300_000);
	tarball = await pack(folder);
	const {stdout} = await run('tar', ['--list', '--file', tarball]);
	files = stdout
		.trim()
		.replaceAll(/^package\//gm, '')
		.split('\n');
	for (const [title, packages] of Object.entries(projects)) {
		folders.set(title, await makeProject(`project-${folders.size}`, [tarball, ...packages]));
	}
	for (const version of versions) nodes.set(version, await findNode(version));
});

test.serial('the tarball holds the distribution and what one reads first', t => {
	const others = files.filter(file => !/^distribution\/(?:.*\.(?:c?js|d\.c?ts)|types\/package\.json)$/.test(file));
	const linked = (page: string, form: RegExp) =>
		[...readFileSync(join(root, page), 'utf8').matchAll(form)].map(([, path = '']) => join(page, '..', path));
	const pages = [
		...linked('README.md', /\]\(((?:docs|examples)\/[^)#]+)/g),
		...linked('docs/recipes.md', /\]\((recipes\/[^)#]+)/g),
	];
	const first = ['CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md', 'package.json', ...new Set(pages)];
	t.deepEqual(others.toSorted(), first.toSorted() as string[]);
	for (const entry of entries) {
		for (const format of Object.values<Record<string, string>>(manifest.exports[entry])) {
			for (const target of Object.values(format)) t.true(files.includes(target.slice(2)), target);
		}
	}
});

/** The packages that npm installs with one, by its lock file. */
const dependenciesOf = (name: string, lock: {packages: Record<string, {dependencies?: object}>}): string[] =>
	Object.keys(lock.packages[`node_modules/${name}`]?.dependencies ?? {}).flatMap(dependency => [
		dependency,
		...dependenciesOf(dependency, lock),
	]);

test.serial('what is installed is small', async t => {
	const project = folders.get('Koa alone') ?? '';
	const lock = JSON.parse(readFileSync(join(project, 'package-lock.json'), 'utf8'));
	const packages = [...new Set(dependenciesOf('koa-server-session', lock))].toSorted();
	const sizeOf = async (name: string): Promise<number> => {
		const folder = join(project, 'node_modules', name);
		const entries = await readdir(folder, {recursive: true, withFileTypes: true});
		const files = entries.filter(entry => entry.isFile()).map(entry => stat(join(entry.parentPath, entry.name)));
		return (await Promise.all(files)).reduce((sum, {size}) => sum + size, 0);
	};
	const sizes = await Promise.all(['koa-server-session', ...packages].map(sizeOf));
	const kilobytes = sizes.map(size => Math.ceil(size / 1000));
	t.log(
		`Installed, in kB: koa-server-session ${kilobytes[0]}, ${packages.map((name, index) => `${name} ${kilobytes[index + 1]}`).join(', ')}`,
	);
	t.deepEqual(Object.keys(manifest.dependencies), ['cookie', 'keygrip']);
	t.deepEqual(packages, ['cookie', 'keygrip', 'tsscmp']);
	t.true((sizes[0] ?? 0) < mostBytes);
	const total = sizes.reduce((sum, size) => sum + size);
	t.true(total < mostBytes + 100_000);
	const [, inReadme] =
		/takes about ([\d.]+) megabytes with them/.exec(readFileSync(join(root, 'README.md'), 'utf8')) ?? [];
	t.is(inReadme, (total / 1e6).toFixed(1));
});

test.serial('importing the root loads a few files, and no client library', async t => {
	const {stdout} = await run(process.execPath, ['loaded.js'], {
		cwd: folders.get('Koa 3 and the newest clients') ?? '',
	});
	const files = (JSON.parse(stdout) as string[]).map(url => url.replace(/^.*\/node_modules\//, ''));
	t.deepEqual(files.toSorted(), [
		'cookie/dist/index.js',
		'keygrip/index.js',
		'koa-server-session/distribution/errors.js',
		'koa-server-session/distribution/index.js',
		'tsscmp/lib/index.js',
	]);
	// What it costs is measured by `npm run benchmark -- import`; it grows with this.
	const {size} = await stat(join(root, 'distribution/index.js'));
	t.true(size < mostOfRoot, `${size} bytes`);
});

test.serial('the command line runs', async t => {
	for (const node of nodes.values()) {
		const args = [join(folders.get('Koa alone') ?? '', 'node_modules/.bin/koa-server-session'), 'keygen', '--json'];
		const {stdout} = await run(node, args);
		t.is(Buffer.from(JSON.parse(stdout).key, 'base64url').length, 32);
	}
	await t.notThrowsAsync(run('npx', ['koa-server-session', 'keygen'], {cwd: folders.get('Koa alone') ?? '', env}));
});

test.serial('publint and attw find nothing', async t => {
	await t.notThrowsAsync(run('publint', ['run', tarball, '--strict'], {env}));
	await t.notThrowsAsync(run('attw', [tarball, '--quiet'], {env}));
});

test.serial('a store or codec names the version that it needs, where it finds an older one', async t => {
	const {stdout} = await run(process.execPath, ['outdated.js'], {
		cwd: folders.get('Koa 3 and outdated libraries') ?? '',
	});
	const remedy = (library: string) => `Run \`npm install ${library}@latest\``;
	const own = 'or pass in your own client';
	const said = JSON.parse(stdout) as Record<string, string>;
	t.like(said, {
		'redis:': `Expected \`ioredis\` 5.3 or newer, got 4.28.5. ${remedy('ioredis')}, ${own}`,
		'mongodb:': `Expected \`mongodb\` 5.0 or newer, got 4.17.2. ${remedy('mongodb')}, ${own}`,
		'sqlite:': `Expected \`kysely\` 0.27 or newer, got 0.26.3. ${remedy('kysely')}, ${own}`,
		msgpack: `Expected \`msgpackr\` 2.1 or newer, got an older one. ${remedy('msgpackr')}`,
	});
	t.regex(said['node-redis'] ?? '', /`redis` 5 or newer/);
});

for (const title of Object.keys(projects).filter(title => !title.includes('outdated'))) {
	const hasClients = title.includes('clients');
	const project = () => folders.get(title) ?? '';

	// In a short run, the newest and the oldest Node for all of them.
	for (const node of title.includes('newest') ? versions : runs<readonly Version[]>(ends, versions)) {
		test.serial(`runs on ${title}, ${node}`, async t => {
			const args = ['smoke.js', JSON.stringify([entries, await redisUrl(), await mongoUrl()])];
			const {stdout} = await run(nodes.get(node) ?? '', args, {cwd: project()});
			const {names, ...seen} = JSON.parse(stdout);
			t.deepEqual(seen, {
				node: /\d+/.exec(node)?.[0],
				koa: title.includes('Koa 2') ? '2' : '3',
				loadsClients: false,
				requires: 'function',
				sharesErrors: true,
				position: 1,
				memory: ['view 1', 'view 2'],
				redis: hasClients ? ['view 1', 'view 2'] : without('ioredis'),
				mongodb: hasClients ? ['view 1', 'view 2'] : without('mongodb'),
				sqlite: sqliteOn(node, hasClients),
			});
			t.deepEqual(Object.keys(names), entries);
			t.true(names['.'].includes('default'));
			t.deepEqual(names['./codecs/msgpack'], hasClients ? ['msgpack'] : withoutMsgpackr);
		});
	}
}

/** Other runtimes, and how each runs a program. */
const otherRuntimes = {
	Bun: {wanted: npmPackages.bun, command: 'bin/bun', args: []},
	Deno: {wanted: npmPackages.deno, command: 'deno', args: ['run', '--allow-all', '--no-lock']},
};

for (const [name, {wanted, command, args}] of Object.entries(otherRuntimes)) {
	test.serial(`runs on Koa 3 and the newest clients, ${name}`, async t => {
		const installed = await installFromNpm(wanted);
		if (!installed) return t.fail(`Expected npm to install ${wanted.name}`);

		const smoke = ['smoke.js', JSON.stringify([entries, await redisUrl(), await mongoUrl()])];
		const cwd = folders.get('Koa 3 and the newest clients') ?? '';
		const {stdout} = await run(join(installed, command), [...args, ...smoke], {cwd, env});
		const {names, node: _, loadsClients: __, ...seen} = JSON.parse(stdout);
		const views = ['view 1', 'view 2'];
		t.deepEqual(seen, {
			koa: '3',
			requires: 'function',
			sharesErrors: true,
			position: 1,
			memory: views,
			redis: views,
			mongodb: views,
			sqlite: views,
		});
		t.deepEqual(Object.keys(names), entries);
		for (const entry of entries) t.true(names[entry].length > 0 && names[entry][0] !== 'ERR_MODULE_NOT_FOUND', entry);
	});
}

/** How applications compile, CommonJS included. */
const moduleSettings = [
	['commonjs', 'node10', ['cts'], 'TypeScript 5.9'],
	['commonjs', 'bundler', ['cts'], 'TypeScript 7'],
	['node16', 'node16', ['cts', 'mts']],
	['node18', 'node16', ['cts', 'mts']],
	['node20', 'node16', ['cts', 'mts']],
	['nodenext', 'nodenext', ['cts', 'mts']],
	['preserve', 'bundler', ['cts', 'mts']],
	['esnext', 'bundler', ['mts']],
] as const;

/** Programs of these names by each of those settings, to the oldest target that has what the packages' declarations name. */
const byModuleSettings = (names: {readonly cts: string; readonly mts: string}, target: string): Program[] =>
	moduleSettings.map(([module, moduleResolution, formats, only]) => ({
		files: ['data.ts', ...formats.map(format => names[format])],
		options: {module, moduleResolution, target, lib: [target]},
		...(only && {only}),
	}));

/** Of `helpers/types/programs/`. Each says what compiles and, by `@ts-expect-error`, what must not. */
const typedPrograms: Readonly<Record<string, readonly Program[]>> = {
	'Koa 3 and the newest clients': [
		{files: ['entries.ts', 'clients.ts', 'undeclared.ts']},
		{files: ['declared.ts']},
		// How a module is found is not a matter of its version, nor is the rest.
		{files: ['declared.ts'], options: {module: 'preserve', moduleResolution: 'bundler'}},
		{files: ['reserved.ts']},
		{files: ['beside-koa-session.ts']},
		// Kysely is ESM only, and the declarations of its store are also those of CommonJS.
		...byModuleSettings({cts: 'stores.cts', mts: 'stores.mts'}, 'es2023'),
	],
	'Koa 2 and the oldest clients': [{files: ['entries.ts', 'clients.ts', 'undeclared.ts']}, {files: ['declared.ts']}],
	'Koa alone': [{files: ['entries.ts']}, ...byModuleSettings({cts: 'commonjs.cts', mts: 'esm.mts'}, 'es2020')],
};

const both = Object.keys(compilers) as Compiler[];
for (const [title, programs] of Object.entries(typedPrograms)) {
	// In a short run, the older compiler alone for the oldest clients.
	for (const compiler of title.includes('oldest') ? runs<readonly Compiler[]>(['TypeScript 5.9'], both) : both) {
		test.serial(`type-checks on ${title}, ${compiler}`, async t => {
			t.timeout(300_000);
			const project = folders.get(title) ?? '';
			for (const program of new Set(programs.flatMap(({files}) => files))) {
				// The same for CommonJS and ESM.
				await copyProgram(program === 'stores.cts' ? 'stores.mts' : program, project, program);
			}
			t.is(await compile(compiler, project, programs), '');
		});
	}
}
