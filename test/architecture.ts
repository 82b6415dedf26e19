import {readdirSync, readFileSync} from 'node:fs';
import {basename, dirname, join, relative} from 'node:path';
import test from 'ava';

const root = join(import.meta.dirname, '..');
const longest = 200;

type SourceFile = {readonly path: string; readonly text: string; readonly imports: readonly string[]};

const filesIn = (folder: string): string[] =>
	readdirSync(join(root, folder), {recursive: true, withFileTypes: true})
		.filter(entry => entry.isFile() && entry.name.endsWith('.ts'))
		.map(entry => relative(root, join(entry.parentPath, entry.name)));

const withoutComments = (text: string): string => text.replaceAll(/\/\*\*[\s\S]*?\*\/|\/\/.*/g, '');

/** Imports of a file's code; those in the examples of its comments don't count. */
const importsOf = (text: string): string[] => {
	const code = withoutComments(text);
	return [...code.matchAll(/(?:from|import)\s*\(?'([^']+)'/g)].map(([, name]) => name ?? '');
};

const source: readonly SourceFile[] = filesIn('source').map(path => {
	const text = readFileSync(join(root, path), 'utf8');
	const imports = importsOf(text).map(name => (name.startsWith('.') ? join(dirname(path), name) : name));
	return {path: relative('source', path), text, imports: imports.map(name => name.replace(/^source\//, ''))};
});

const room = (path: string): string => (path.includes('/') ? (dirname(path).split('/')[0] ?? '') : '');

/** What the files of a room may import of ours, beside its own room. What isn't listed is forbidden. */
const allowedByRoom: Readonly<Record<string, readonly string[]>> = {
	stores: ['store.ts', 'errors.ts', 'random.ts', 'warning.ts'],
	codecs: ['codec.ts', 'errors.ts', 'secrets.ts'],
	transports: ['transport.ts', 'options/checks.ts', 'engine/exchange.ts', 'signer.ts', 'warning.ts'],
	testing: ['store.ts', 'codec.ts', 'errors.ts'],
	// From the engine only the types of what is handed over.
	moving: ['engine/adoption.ts', 'engine/record.ts', 'options/checks.ts'],
	engine: [
		...['codec.ts', 'store.ts', 'errors.ts', 'events.ts', 'session.ts', 'session-arguments.ts', 'session-object.ts'],
		...['merge.ts', 'equal.ts', 'outcome.ts', 'expiry.ts', 'identifier.ts', 'random.ts', 'warning.ts'],
	],
};

/** Pure parts and contracts need at most each other. */
const alone = [
	'equal.ts',
	'outcome.ts',
	'merge.ts',
	'expiry.ts',
	'identifier.ts',
	'errors.ts',
	'store.ts',
	'codec.ts',
	'events.ts',
	'random.ts',
	'secrets.ts',
	'warning.ts',
];

/** The only files that know Koa, and then by its types alone. */
const knowKoa = ['middleware.ts', 'sessions-api.ts', 'options.ts', 'options/resolve.ts', 'transport.ts'];

/** Where one chooses from. */
const choices = ['stores', 'codecs', 'transports', 'testing', 'commands', 'moving'];

/** The only files outside of those rooms that may choose a store, a codec, a transport or a command. */
const chooses = [
	'index.ts',
	'options.ts',
	'options/resolve.ts',
	'middleware.ts',
	'visible-session.ts',
	'sessions-api.ts',
	'cli.ts',
];

const offenders = (isOffence: (file: SourceFile, name: string) => boolean): string[] =>
	source.flatMap(file =>
		file.imports.filter(name => isOffence(file, name)).map(name => `${file.path} imports ${name}`),
	);

const isOurs = (name: string): boolean => name.endsWith('.ts');

test('stores, codecs, transports, testing and the engine import only their contracts', t => {
	t.deepEqual(
		offenders(({path}, name) => {
			const allowed = allowedByRoom[room(path)];
			return allowed !== undefined && isOurs(name) && room(name) !== room(path) && !allowed.includes(name);
		}),
		[],
	);
});

test('the pure parts and the contracts import nothing else of ours', t => {
	t.deepEqual(
		offenders(({path}, name) => alone.includes(path) && isOurs(name) && !alone.includes(name)),
		[],
	);
});

test('the engine knows no store, no codec and no transport', t => {
	t.deepEqual(
		offenders(
			({path}, name) =>
				!choices.includes(room(path)) && !chooses.includes(path) && isOurs(name) && choices.includes(room(name)),
		),
		[],
	);
});

test('only the middleware, the transports and the ways to move in know Koa, by its types', t => {
	const importers = source.filter(({imports}) => imports.includes('koa'));
	t.deepEqual(
		importers
			.filter(({path}) => !['transports', 'moving'].includes(room(path)) && !knowKoa.includes(path))
			.map(({path}) => path),
		[],
	);
	for (const {text} of importers) t.notRegex(withoutComments(text), /^import (?!type)[^;]*'koa'/m);
});

test('the root needs keygrip and cookie, and nothing else', t => {
	const reached = new Set<string>();
	const visit = (path: string): void => {
		if (reached.has(path)) return;
		reached.add(path);
		const file = source.find(candidate => candidate.path === path);
		if (!file) return;
		const code = withoutComments(file.text).replaceAll(/^(?:import|export) type [\s\S]*?;$/gm, '');
		for (const [, name = ''] of code.matchAll(/^(?:import|export)\s[^;]*?from '([^']+)';$/gm)) {
			visit(name.startsWith('.') ? join(dirname(path), name) : name);
		}
	};
	visit('index.ts');

	const packages = [...reached].filter(name => !isOurs(name) && !name.startsWith('node:'));
	t.deepEqual(packages.toSorted(), ['cookie', 'keygrip']);
	t.deepEqual(
		[...reached].filter(name => /stores\/(?!null|open|client-library|[a-z]+-(?:url|place))/.test(name)),
		[],
		'stores load when they are asked for',
	);
});

test('every public file has its entry in package.json, and every entry its file', t => {
	const {exports, peerDependencies, peerDependenciesMeta} = JSON.parse(
		readFileSync(join(root, 'package.json'), 'utf8'),
	);
	const entries = Object.keys(exports).filter(name => name !== './package.json');
	for (const entry of entries) {
		const path = entry === '.' ? 'index' : entry.slice(2);
		const target = exports[entry].default.replace('./distribution/', '').replace('.js', '.ts');
		t.true(target === `${path}.ts` || target === `${path}/index.ts`, `${entry} leads to ${target}`);
		t.true(
			source.some(file => file.path === target),
			`${target} is missing`,
		);
	}

	const isPublic = ({path, text}: SourceFile) =>
		/^(stores|codecs|transports|moving)\/[a-z-]+\.ts$/.test(path) &&
		/@example[\s\S]*?from 'koa-server-session\//.test(text);
	t.deepEqual(
		source
			.filter(isPublic)
			.map(({path}) => `./${path.slice(0, -3)}`)
			.filter(name => !entries.includes(name)),
		[],
	);

	for (const name of Object.keys(peerDependencies).filter(name => name !== 'koa')) {
		t.true(peerDependenciesMeta[name]?.optional, `${name} is optional`);
	}
});

test('a file holds one noun', t => {
	for (const {path, text} of source) {
		t.regex(basename(path), /^[a-z]+(-[a-z]+)*\.ts$/);
		t.true(text.split('\n').length <= longest + 1, `${path} has more than ${longest} lines`);
	}

	const lengths = source.map(({text}) => text.split('\n').length).toSorted((left, right) => left - right);
	t.true((lengths[lengths.length >> 1] ?? 0) <= 100, 'the median has grown');
});

test('everything importable has a doc comment', t => {
	const isEntry = ({path}: SourceFile) =>
		['', 'engine', 'options'].includes(room(path)) ||
		/^((stores|codecs|transports)\/[a-z]+|moving\/[a-z-]+)\.ts$/.test(path);
	const missing = source.filter(isEntry).flatMap(({path, text}) =>
		[...text.matchAll(/(^|[^/]\n)export (?:const|function|class|interface|type) (\w+)/g)]
			.filter(
				match =>
					!text
						.slice(0, (match.index ?? 0) + (match[1]?.length ?? 0))
						.trimEnd()
						.endsWith('*/'),
			)
			.map(([, , name = '']) => `${path}: ${name}`),
	);
	const overloads = ['middleware.ts: session'];
	t.deepEqual(
		missing.filter(name => !overloads.includes(name)),
		[],
	);
});

test('one word for one thing', t => {
	const synonyms: Readonly<Record<string, RegExp>> = {
		'expiresAt, idleTimeout': /\bttl\b/i,
		id: /\bsession_?id\b/i,
		regenerate: /\brenew(s|ed|al)?\b|\brotate(s|d)? (the |an? )?id\b/i,
		touch: /\brolling\b|\bkeep-?alive\b/i,
		store: /\bback-?end store\b|\bpersister\b/i,
		codec: /\bserializer\b/i,
	};
	// What speaks of other libraries uses their words.
	const speaksOurs = source.filter(({path}) => room(path) !== 'moving' && path !== 'options/elsewhere.ts');
	const found = speaksOurs.flatMap(({path, text}) =>
		Object.entries(synonyms)
			.filter(([, synonym]) => synonym.test(text))
			.map(([word]) => `${path}: the word is ${word}`),
	);
	t.deepEqual(found, []);
});

test('nothing is left for later, and no check is switched off', t => {
	// Put together here, or this file would find itself.
	const later = new RegExp(['TO' + 'DO', 'FIX' + 'ME', '@ts-' + 'ignore', 'biome-' + 'ignore'].join('|'));
	const untyped = new RegExp(`(:|as) ${'any'}\\b`);
	const smells = [...filesIn('source'), ...filesIn('test'), ...filesIn('example')].filter(path => {
		const text = readFileSync(join(root, path), 'utf8');
		return later.test(text) || untyped.test(withoutComments(text));
	});
	t.deepEqual(smells, []);
});
