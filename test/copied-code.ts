import {globSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import test from 'ava';

// People copy what the pages, the comments and the programs show. So each piece does what is right where it is copied to.

type Piece = {readonly name: string; readonly code: string};

const root = join(import.meta.dirname, '..');

/** The parts of files that have a form. */
const piecesOf = (files: readonly string[], form: RegExp): Piece[] =>
	globSync(files, {cwd: root}).flatMap(name =>
		[...readFileSync(join(root, name), 'utf8').matchAll(form)].map(([code]) => ({name, code})),
	);

const pieces = [
	...piecesOf(['README.md', 'docs/*.md'], /```[jt]sx?\n[\s\S]*?```/g),
	...piecesOf(['source/**/*.ts'], /\/\*\*[\s\S]*?\*\//g),
	...piecesOf(['examples/*', 'docs/recipes/*', 'example/**/*.ts'], /[\s\S]+/g),
];

test('each login makes a new id first, since an attacker may have planted the old one', t => {
	// Passport makes the new id.
	const login = /\bsession\.(subject|user) = (?!undefined)/;
	const logins = pieces
		.filter(({code}) => !/passport/i.test(code))
		.flatMap(({name, code}) => {
			const lines = code.split('\n');
			// A login may assign both, one after the other.
			const places = lines.flatMap((line, place) => {
				const [, assigned] = login.exec(line) ?? [];
				const [, before = assigned] = login.exec(lines[place - 1] ?? '') ?? [];
				return assigned !== undefined && before === assigned ? [place] : [];
			});
			// Not as far as the login before, which has a new id of its own.
			return places.map(place => {
				const from = Math.max(place - 10, lines.slice(0, place).findLastIndex(line => login.test(line)) + 1);
				return {name, before: lines.slice(from, place + 1).join('\n')};
			});
		});
	t.true(logins.length > 20);
	t.deepEqual(
		logins.filter(({before}) => !before.includes('regenerate(')).map(({name}) => name),
		[],
	);
});

test('what listens for SIGTERM closes the server, since Node no longer ends the process then', t => {
	const listening = pieces.filter(({code}) => code.includes("'SIGTERM'"));
	t.true(listening.length > 3);
	t.deepEqual(
		listening.filter(({code}) => !code.includes('server.close(')).map(({name}) => name),
		[],
	);
});
