import {readdirSync, readFileSync} from 'node:fs';
import {basename, dirname, join, relative} from 'node:path';
import test from 'ava';

const root = join(import.meta.dirname, '..');
const longest = 250;

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

/** What needs nothing else of ours, and what everything may need: contracts, errors, events. */
const contracts = ['codec.ts', 'store.ts', 'errors.ts', 'events.ts', 'warning.ts', 'plain.ts'];

/** What the files of a room may import of ours, beside their own room: files and whole rooms. */
const allowedByRoom: Readonly<Record<string, readonly string[]>> = {
	tokens: ['errors.ts', 'warning.ts'],
	records: [...contracts, 'tokens', 'session.ts', 'options/checks.ts'],
	binding: [...contracts, 'tokens', 'records'],
	'device-bound': [
		...contracts,
		...['binding', 'tokens', 'transports', 'transport.ts', 'options/device-bound.ts'],
		...['request/exchange.ts', 'request/standing.ts'],
	],
	request: [
		...contracts,
		...['tokens', 'records', 'session.ts', 'options/checks.ts', 'options/duration.ts', 'options/names.ts'],
	],
	stores: [
		...['store.ts', 'errors.ts', 'events.ts', 'tokens/random.ts', 'warning.ts'],
		...['options/checks.ts', 'options/duration.ts', 'options/names.ts'],
	],
	codecs: ['codec.ts', 'errors.ts', 'plain.ts', 'tokens/secrets.ts', 'options/checks.ts', 'options/names.ts'],
	transports: [
		'transport.ts',
		'options/checks.ts',
		'options/names.ts',
		'options/other-libraries.ts',
		'request/exchange.ts',
		'tokens/signer.ts',
		'warning.ts',
	],
	testing: ['store.ts', 'codec.ts', 'errors.ts', 'sessions-api.ts', 'session.ts', 'sessions.ts'],
	moving: [
		...['request/adoption.ts', 'request/flash-kinds.ts', 'session.ts', 'options/checks.ts', 'options/names.ts'],
		'stores/shared/callback-store.ts',
	],
};

/** Pure parts and contracts, which import nothing of ours. */
const alone = [
	...['errors.ts', 'store.ts', 'codec.ts', 'events.ts', 'warning.ts', 'plain.ts', 'session.ts', 'options/checks.ts'],
	...['options/suggestion.ts', 'request/equal.ts', 'records/expiry.ts', 'records/tombstone.ts'],
	...['tokens/identifier.ts', 'tokens/random.ts', 'tokens/secrets.ts'],
];

/** What these may import all the same, of the pure parts. */
const aloneExceptions = [
	...['store.ts', 'plain.ts', 'tokens/random.ts', 'options/duration.ts', 'options/checks.ts', 'options/suggestion.ts'],
];

/** The only files that know Koa, and then by its types alone. */
const knowKoa = [
	...[
		'middleware.ts',
		'api.ts',
		'sessions-api.ts',
		'transport.ts',
		'device-bound.ts',
		'device-bound/cookies.ts',
		'device-bound/exchange.ts',
	],
	...['options.ts', 'options/resolve.ts', 'options/per-request.ts', 'options/device-bound.ts'],
];

/** Where one chooses from. */
const choices = ['stores', 'codecs', 'transports', 'testing', 'commands', 'moving'];

/** The only files outside of those rooms that may choose a store, a codec, a transport or a command. */
const chooses = [
	...['index.ts', 'middleware.ts', 'api.ts', 'cli.ts'],
	...[
		'options.ts',
		'options/resolve.ts',
		'options/device-bound.ts',
		'device-bound/cookies.ts',
		'device-bound/exchange.ts',
	],
];

const offenders = (isOffence: (file: SourceFile, name: string) => boolean): string[] =>
	source.flatMap(file =>
		file.imports.filter(name => isOffence(file, name)).map(name => `${file.path} imports ${name}`),
	);

const isOurs = (name: string): boolean => name.endsWith('.ts');

test('each room imports only what it may: middleware → request → records → contracts', t => {
	t.deepEqual(
		offenders(({path}, name) => {
			const allowed = allowedByRoom[room(path)];
			return (
				allowed !== undefined &&
				isOurs(name) &&
				room(name) !== room(path) &&
				!allowed.includes(name) &&
				!allowed.includes(room(name))
			);
		}),
		[],
	);
});

test('no file imports itself by way of others, types included', t => {
	const circles: string[] = [];
	const finished = new Set<string>();
	const visit = (path: string, way: readonly string[]): void => {
		if (way.includes(path)) circles.push([...way.slice(way.indexOf(path)), path].join(' → '));
		if (way.includes(path) || finished.has(path)) return;
		for (const name of source.find(file => file.path === path)?.imports ?? []) visit(name, [...way, path]);
		finished.add(path);
	};
	for (const {path} of source) visit(path, []);
	t.deepEqual(circles, []);
});

test('the pure parts and the contracts import nothing else of ours', t => {
	t.deepEqual(
		offenders(({path}, name) => alone.includes(path) && isOurs(name) && !aloneExceptions.includes(name)),
		[],
	);
});

test('what serves a request knows no store, no codec and no transport', t => {
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
		[...reached].filter(name =>
			/stores\/(?!null|open|shared\/(?:client-library|store-url)|[a-z]+\/(?:url|place))/.test(name),
		),
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
		const target = exports[entry].default.default.replace('./distribution/', '').replace('.js', '.ts');
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

test('each rule is shown by a scenario, and each scenario names rules that exist', t => {
	const read = (path: string) => readFileSync(join(root, path), 'utf8');
	const rules = [...read('test/scenarios/README.md').matchAll(/^(\d+)\. /gm)].map(([, rule]) => Number(rule));
	t.deepEqual(
		rules,
		rules.map((_, index) => index + 1),
	);
	const cited = filesIn('test/scenarios').flatMap(path =>
		[...read(path).matchAll(/^\/\/ Rules? ([\d, ]+(?:(?:and|to) \d+[, ]*)*)/gm)].flatMap(([, list = '']) =>
			[...list.matchAll(/(\d+)(?: to (\d+))?/g)].flatMap(([, first, last = first]) =>
				rules.filter(rule => rule >= Number(first) && rule <= Number(last)).concat(Number(last)),
			),
		),
	);
	t.deepEqual(
		[...new Set(cited)].sort((a, b) => a - b),
		rules,
	);
});

test('a file holds one noun', t => {
	for (const {path, text} of source) {
		t.regex(basename(path), /^[a-z]+(-[a-z]+)*\.ts$/);
		t.true(text.split('\n').length <= longest + 1, `${path} has more than ${longest} lines`);
	}
});

test('everything importable has a doc comment', t => {
	const isEntry = ({path}: SourceFile) =>
		['', 'request', 'records', 'binding', 'tokens', 'options'].includes(room(path)) ||
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

/** Other words for what has a name already, by that name. */
const synonyms: Readonly<Record<string, RegExp>> = {
	'expiresAt, idleTimeout': /\bttl\b/i,
	id: /\bsession_?id\b/i,
	regenerate: /\brenew(s|ed|al)?\b|\brotate(s|d)? (the |an? )?id\b/i,
	touch: /\brolling\b|\bkeep-?alive\b(?!:)/i, // but not the option of a client library
	store: /\bback-?end store\b|\bpersister\b/i,
	codec: /\bserializer\b/i,
	transport: /\bcarriers?\b/i,
};

/** Words at which a reader stumbles, by plain ones. */
const riddles: Readonly<Record<string, RegExp>> = {
	again: /\banew\b/i,
	'in the meantime, concurrently': /\bmeanwhile\b/i,
	'automatically, alone': /\bby (?:it|them|him|her)sel(?:f|ves)\b/i,
	'our, your, their': /\bof (?:ours|yours|theirs)\b/i,
	your: /\bone['’]s own\b/i,
	forever: /\bfor ever\b/i,
	'belong in': /\bbelong(?:s|ed|ing)? into\b/i,
	'a word of the glossary': /\b(?:the|an|our) engine\b|\bengines\b(?![}.])/i,
	'anyone who, everyone who': /\bwhoever\b/i,
	// One may be behind a proxy, lag behind, leave something behind, and look behind the scenes.
	after:
		/(?<!\bfar |\b(?:leav|left|lag|fall)\w* (?:\w+ )?)\bbehind\b(?! the scenes| (?:\w+ ){0,2}(?:prox(?:y|ies)|load balancers?|firewalls?|sentinels?)\b)/i,
	'login, logout': /\blog-(?:in|out)s?\b/i,
	'old, previous': /\bof old\b/i,
	'500 or above': /\bfrom \d+ on\b/i,
	'is published': /\b(?:event|warning)s? tells?\b/i,
	'takes or publishes': /\b(?:tells who|takes? note|takes? no leave)\b/i,
	'such as': /[,(] as `[^`]+`(?=[,.;:)]|$| and `| or `| for )/im,
	'pass in': /\bhand(?:s|ed)? (?:\w+ )?in\b/i,
	'the same way': /\blikewise\b|\b(?:nothing|works?) alike\b/i,
	'except for': /, but for\b/i,
	automatically: /\bof (?:its|their) own accord\b/i,
	unavailable: /\b(?:is|are|was|were) away\b/i,
	'if you already have': /\b(?:is|are) yours\b/i,
	'because there is no': /\bfor want of\b/i,
	'in the middle of': /\bin the midst\b/i,
	'so, by this': /\b(?:hence|thus|thereby|therein|thereof|hereby|whence|henceforth|wherein|upon)\b/i,
};

/** All that people read: pages, comments and messages. */
const prose: readonly string[] = [
	...['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md', 'benchmark/README.md', 'test/scenarios/README.md'],
	...readdirSync(join(root, 'docs'))
		.filter(name => name.endsWith('.md'))
		.map(name => join('docs', name)),
	...['examples', 'docs/recipes'].flatMap(folder => readdirSync(join(root, folder)).map(name => join(folder, name))),
	...filesIn('source'),
	...filesIn('example'),
	...filesIn('test').filter(path => path !== 'test/architecture.ts'),
];

test('one word for one thing', t => {
	// What speaks of other libraries uses their words.
	const speaksTheirs = ['options/other-libraries.ts', 'stores/shared/other-stores.ts'];
	const speaksOurs = source.filter(({path}) => room(path) !== 'moving' && !speaksTheirs.includes(path));
	const found = speaksOurs.flatMap(({path, text}) =>
		Object.entries(synonyms)
			.filter(([, synonym]) => synonym.test(text))
			.map(([word]) => `${path}: the word is ${word}`),
	);
	t.deepEqual(found, []);
});

test('plain words for plain things', t => {
	const found = prose.flatMap(path =>
		readFileSync(join(root, path), 'utf8')
			.split('\n')
			.flatMap((line, index) =>
				Object.entries(riddles)
					.filter(([, riddle]) => riddle.test(line))
					.map(([plain]) => `${path}:${index + 1}: write ${plain}`),
			),
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
