import {execFile} from 'node:child_process';
import {existsSync, globSync, readFileSync} from 'node:fs';
import {mkdir, symlink, writeFile} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {promisify} from 'node:util';
import test from 'ava';
import {SessionError, type SessionErrorCode} from '../source/index.ts';
import {resolveOptions} from '../source/options/resolve.ts';
import {tombstoneLife} from '../source/records/tombstone.ts';
import {open} from '../source/stores/open.ts';
import {writeExamples} from './helpers/docs/page.ts';
import {testKeys} from './helpers/http/app.ts';
import {temporaryDirectory} from './helpers/stores/stores.ts';
import {npmPackages} from './services/needs.ts';

const root = join(import.meta.dirname, '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

type Example = {readonly name: string; readonly code: string};

const inPages: readonly Example[] = ['README.md', ...globSync('docs/*.md', {cwd: root})].flatMap(path =>
	[...readFileSync(join(root, path), 'utf8').matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = ''], index) => ({
		name: `${path.replaceAll(/[/.]/g, '-')}-${index + 1}`,
		code,
	})),
);

const inComments: readonly Example[] = globSync('source/**/*.ts', {cwd: root}).flatMap(path => {
	const text = readFileSync(join(root, path), 'utf8');
	return [...text.matchAll(/\/\*\*(?:(?!\*\/)[\s\S])*?@example\n([\s\S]*?)(?:\n\s*@|\n\s*\*\/)/g)].map(
		([, code = ''], index) => ({
			name: `${path.replaceAll(/[/.]/g, '-')}-${index + 1}`,
			code,
		}),
	);
});

const programs: readonly Example[] = globSync(['examples/*.ts', 'docs/recipes/*.ts'], {cwd: root}).map(path => ({
	name: path.replaceAll(/[/.]/g, '-'),
	code: readFileSync(join(root, path), 'utf8'),
}));

/** Files of the reader that examples import. */
const readersOwn = {
	'deflate.ts': "import type {Layer} from 'koa-server-session';\nexport declare const deflate: Layer;\n",
	'accounts.ts': `import type {Context} from 'koa';
export declare const readForm: (ctx: Context) => Promise<{readonly user: string; readonly password: string}>;
export declare const isPassword: (user: string, password: string) => Promise<boolean>;
export declare const changePassword: (user: string, password: string) => Promise<void>;
`,
	'kms.ts': 'export declare const fetchKeys: (name: string) => Promise<string[]>;\n',
	'my-codec.ts':
		"import type {Codec, Envelope} from 'koa-server-session';\nexport declare const myCodec: () => Codec<Envelope>;\n",
	'app.ts':
		"import type Koa from 'koa';\nimport type {SessionMiddleware} from 'koa-server-session';\nexport declare const app: Koa;\nexport declare const sessions: SessionMiddleware;\n",
	'playwright.d.ts': "declare module 'playwright' {\n\texport * from 'playwright-core';\n}\n",
	'runners.d.ts': `declare module 'vitest' {
	type Run = (title: string, run: () => Promise<void>) => void;
	export const test: Run & {skipIf(condition: boolean): Run};
	export const expect: (value: unknown) => {toBe(expected: unknown): void};
	export const onTestFinished: (end: () => void) => void;
	export const vi: {
		useFakeTimers(options: {toFake: string[]; now: number}): void;
		useRealTimers(): void;
		setSystemTime(now: number): void;
	};
}
`,
	'koa-proxies.d.ts':
		"declare module 'koa-proxies' {\n\texport default function proxy(path: string, options: {target: string}): import('koa').Middleware;\n}\n",
	'open-my-store.ts':
		"import type {Store} from 'koa-server-session';\nexport declare const open: (url: string) => Promise<Store>;\n",
	'my-store.ts': "import type {Store} from 'koa-server-session';\nexport declare const MyStore: new () => Store;\n",
};

/** Examples may use the reader's application; here it is only declared. */
const complete = (code: string): string =>
	`${/\bapp\b/.test(code) && !/\bconst app\b|^import \{app\b/m.test(code) ? "declare const app: import('koa');\n" : ''}${code}\nexport {};\n`;

test('every example in the README, the pages and the comments compiles, and so do the programs', async t => {
	t.true(inPages.length > 20 && inComments.length > 20, 'the examples are found');
	const directory = await temporaryDirectory(t);
	await symlink(join(root, 'node_modules'), join(directory, 'node_modules'));
	// A declaration in one example applies to all files of its program.
	for (const program of ['examples', 'declaring']) await mkdir(join(directory, program));
	for (const {name, code} of [...inPages, ...inComments, ...programs]) {
		const program = code.includes("declare module 'koa-server-session'") ? 'declaring' : 'examples';
		await writeFile(join(directory, program, `${name}.ts`), complete(code));
	}

	const compilerOptions = {
		target: 'es2023',
		lib: ['es2023', 'es2024.string', 'dom'],
		module: 'nodenext',
		strict: true,
		noEmit: true,
		// `package.ts` checks declarations.
		skipLibCheck: true,
		allowImportingTsExtensions: true,
		types: ['node'],
		paths: {
			'koa-server-session': [join(root, 'source/index.ts')],
			'koa-server-session/testing': [join(root, 'source/testing/index.ts')],
			'koa-server-session/*': [join(root, 'source/*.ts')],
		},
	};
	await writeFile(join(directory, 'package.json'), '{"type": "module"}');
	for (const [name, code] of Object.entries(readersOwn)) await writeFile(join(directory, 'examples', name), code);
	for (const program of ['examples', 'declaring']) {
		const project = join(directory, `${program}.json`);
		await writeFile(project, JSON.stringify({compilerOptions, include: [program]}));
		const {stdout} = await promisify(execFile)(join(root, 'node_modules/.bin/tsc'), [
			'--project',
			project,
			'--singleThreaded',
		]).catch((error: {stdout: string}) => error);
		t.is(stdout, '');
	}
});

/** Those that need no server, no client and nothing that is only declared, and that start no server. Stores of URLs connect when they are used. */
const runsAlone = ({code}: Example): boolean =>
	/\bsession\(app\b/.test(code) &&
	!/^\s*declare |\bfetch\(|\.listen\(/m.test(code) &&
	[...code.matchAll(/ from '([^']+)'/g)].every(([, name = '']) =>
		/^(?:koa|koa-server-session\b.*|node:.*|zod)$/.test(name),
	);

test('the examples in the comments that make sessions run', async t => {
	const examples = inComments.filter(runsAlone);
	t.true(examples.length > 15, 'the examples are found');
	const app = `const app = new (await import('koa')).default({keys: ${JSON.stringify(testKeys)}});\n`;
	const files = examples.map(({name, code}) => [`${name}.ts`, /\bconst app\b/.test(code) ? code : `${app}${code}`]);
	const at = await writeExamples(t, Object.fromEntries(files));
	for (const {name} of examples) await t.notThrowsAsync(import(pathToFileURL(at(`${name}.ts`)).href), name);
});

const tableUnder = (heading: string): string[] => {
	const [, section = ''] = readme.split(`\n## ${heading}\n`);
	const [table = ''] = section.split('\n## ');
	return [...table.matchAll(/^\| `([^`]+)`/gm)].map(([, name = '']) => name);
};

const pages = [
	'README.md',
	'CONTRIBUTING.md',
	'CHANGELOG.md',
	'SECURITY.md',
	'benchmark/README.md',
	...globSync('docs/*.md', {cwd: root}),
];

/** The anchors that GitHub makes of a page's headings. */
const anchorsOf = (path: string): string[] =>
	[
		...readFileSync(path, 'utf8')
			.replaceAll(/^```[\s\S]*?^```$/gm, '')
			.matchAll(/^#+ (.+)$/gm),
	].map(([, heading = '']) =>
		heading
			.toLowerCase()
			.replaceAll(/[^\p{Letter}\p{Number}_ -]/gu, '')
			.replaceAll(' ', '-'),
	);

test('every link leads to a file of this repository and to a heading that it has', t => {
	for (const page of pages) {
		const text = readFileSync(join(root, page), 'utf8').replaceAll(/^```[\s\S]*?^```$/gm, '');
		for (const [, path = '', anchor] of text.matchAll(/\]\((?![a-z]+:)([^)#\s]*)(?:#([^)]*))?\)/g)) {
			const target = path === '' ? join(root, page) : join(root, dirname(page), path);
			t.true(existsSync(target), `${page} links to ${path}`);
			if (anchor !== undefined) t.true(anchorsOf(target).includes(anchor), `${page} links to ${path}#${anchor}`);
		}
	}
});

test('every file and folder that CONTRIBUTING names exists', t => {
	const [, sections = ''] = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8').split('\n## The map\n');
	const paths = [...sections.matchAll(/`([a-z./-]+(?:\/|\.ts|\.json|\.md))`/g)].map(([, path = '']) => path);
	t.true(paths.length > 30);
	for (const path of paths) t.true(existsSync(join(root, path)) || existsSync(join(root, 'source', path)), path);
});

test('package.json, the README and CONTRIBUTING name the oldest versions of Node that `package.ts` tries', t => {
	const {engines} = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
	const [first, second] = [npmPackages['Node 20.19'].version, npmPackages['Node 22.12'].version];
	t.is(engines.node, `^${first} || >=${second}`);
	const named = `Node ${first.replace(/\.0$/, '')}, or ${second.replace(/\.0$/, '')} or later`;
	for (const page of ['README.md', 'CONTRIBUTING.md'])
		t.true(readFileSync(join(root, page), 'utf8').includes(named), page);
});

test('every page can be reached from the README', t => {
	for (const page of globSync('docs/*.md', {cwd: root})) t.true(readme.includes(`](${page})`), page);
});

test('the table of options names every option, and no other', t => {
	const {hasTouchAfter, ...options} = resolveOptions({});
	t.deepEqual(tableUnder('Options').toSorted(), [...Object.keys(options), 'cookie'].toSorted());
	t.false(hasTouchAfter);
});

const units: Readonly<Record<string, number>> = {KiB: 2 ** 10, MiB: 2 ** 20};

/** The size that a cell such as `16 MiB less 64 KiB` states, in bytes. */
const sizeOf = (cell: string): {readonly most: number; readonly least: number} => {
	const [size = '', less] = cell.split(' less ');
	const bytesOf = (words: string) => Number.parseInt(words, 10) * (units[words.split(' ')[1] ?? ''] ?? Number.NaN);
	const most = bytesOf(size);
	if (less === undefined) return {most, least: most};
	// An overhead without a number is small.
	return less === 'its overhead'
		? {most, least: 0.9 * most}
		: {most: most - bytesOf(less), least: most - bytesOf(less)};
};

test('the table of stores says how large a record may be', async t => {
	const [, section = ''] = readme.split('\n## Stores\n');
	const rows = [...section.matchAll(/^\| `(\w+)\(.*\|([^|]*)\|$/gm)].map(([, name = '', cell = '']) => [
		name,
		cell.trim(),
	]);
	const cells: Readonly<Record<string, string>> = Object.fromEntries(rows);
	const [sql = '', mysql = ''] = (cells['SqlStore'] ?? '').split('; MySQL and MariaDB ');
	for (const [url, cell] of [
		['null:', cells['NullStore']],
		['memory:', cells['MemoryStore']],
		['file:./sessions', cells['FilesystemStore']],
		['redis://127.0.0.1', cells['RedisStore']],
		['memcached://127.0.0.1', cells['MemcachedStore']],
		['mongodb://127.0.0.1', cells['MongoStore']],
		['postgres://127.0.0.1/app', sql],
		['sqlite::memory:', sql],
		['mysql://127.0.0.1/app', mysql],
		['dynamodb://eu-central-1/sessions', cells['DynamoStore']],
	] as const) {
		const {maxBytes} = await open(url);
		if (maxBytes === undefined) {
			t.true(cell === '' || cell === 'memory', url);
			continue;
		}
		const {most, least} = sizeOf(cell ?? '');
		t.true(least <= maxBytes && maxBytes <= most, `${url}: ${cell}, but the store takes ${maxBytes} bytes`);
	}
});

test('the table of errors names every code with its status', t => {
	const page = readFileSync(join(root, 'docs/errors.md'), 'utf8');
	const statuses = Object.fromEntries(
		[...page.matchAll(/^\| \[`(ERR_SESSION_\w+)`\]\(#\w+\) \| (\d+) \|/gm)].map(([, code = '', status]) => [
			code,
			Number(status),
		]),
	);
	const source = readFileSync(join(root, 'source/errors.ts'), 'utf8');
	const codes = [...source.matchAll(/^\t(ERR_SESSION_\w+): /gm)].map(([, code = '']) => code);
	t.deepEqual(Object.keys(statuses).toSorted(), codes.toSorted());
	for (const code of codes) t.is(statuses[code], new SessionError(code as SessionErrorCode, '').status);
});

test('the table of warnings names every code, and no other', t => {
	const page = readFileSync(join(root, 'docs/observability.md'), 'utf8');
	const named = [...page.matchAll(/^\| `KOA_SERVER_SESSION_(\w+)` \|/gm)].map(([, code]) => code);
	const source = globSync('source/**/*.ts', {cwd: root}).map(path => readFileSync(join(root, path), 'utf8'));
	const warned = source.flatMap(text => [...text.matchAll(/warnOnce\(\s*'(\w+)'|code: 'KOA_SERVER_SESSION_(\w+)'/g)]);
	t.deepEqual(named.toSorted(), warned.map(([, once, each]) => once ?? each).toSorted());
});

test('the page on operating says how far clocks may differ', t => {
	const hours: Readonly<Record<number, string>> = {3600000: 'one hour'};
	const page = readFileSync(join(root, 'docs/operating.md'), 'utf8');
	t.true(page.includes(`The clocks of all machines must agree within ${hours[tombstoneLife]}.`));
});

test('the table of commands names every command', t => {
	const page = readFileSync(join(root, 'docs/command-line.md'), 'utf8');
	const [, table = ''] = page.split('| command |');
	const named = [...(table.split('\n\n')[0] ?? '').matchAll(/^\| `([a-z-]+)/gm)].map(([, name]) => name);
	const source = readFileSync(join(root, 'source/commands/main.ts'), 'utf8');
	const [, commands = ''] = /const commands[^{]*\{\n([\s\S]*?)\n\};/.exec(source) ?? [];
	t.deepEqual(
		named,
		[...commands.matchAll(/^\t'?([a-z-]+)/gm)].map(([, name]) => name),
	);
});
