import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import test from 'ava';
import {readPage} from './helpers/docs/page.ts';

// The page on ASVS says which tests show what it claims. Here, that they exist.

const root = join(import.meta.dirname, '..');

/** How many requirements each section has, in ASVS 5.0 and in the testing guide. */
const sections = {'V7.1.': 3, 'V7.2.': 4, 'V7.3.': 2, 'V7.4.': 5, 'V7.5.': 3, 'V7.6.': 2, 'V3.3.': 5, 'WSTG-SESS-': 11};

const required = Object.entries(sections).flatMap(([section, count]) =>
	Array.from({length: count}, (_, index) => {
		const number = String(index + 1);
		return section + (section.startsWith('WSTG') ? number.padStart(2, '0') : number);
	}),
);

const answers = readPage('asvs.md')
	.split('\n### ')
	.slice(1)
	.map(answer => ({name: answer.split(' ')[0] ?? '', answer: answer.split('\n## ')[0] ?? ''}));

const citation = /^ {2}- `(test\/[^`]+)`: (.+)$/gm;

/** What registers a test. Some register it once for each store. */
const registers = '\\b(?:test(?:\\.serial)?|on[A-Z]\\w*|inTurn)\\(\\s*';
const literally = (text: string) => text.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&');

/** Whether a file has a test of this title, as it is or made by a template whose values are in the file too. */
const has = (text: string, title: string): boolean => {
	const literal = new RegExp(`${registers}(['"\`])${literally(title)}\\1,`);
	if (literal.test(text)) return true;
	const templates = [
		...text.matchAll(new RegExp(`${registers}\`((?:[^\`\\\\]|\\\\.)*\\$\\{(?:[^\`\\\\]|\\\\.)*)\``, 'g')),
	];
	return templates.some(([, template = '']) => {
		const parts = template.replaceAll('\\`', '`').split(/\$\{[^}]*\}/);
		const values = new RegExp(`^${parts.map(literally).join('(.+)')}$`).exec(title)?.slice(1);
		return values?.every(value => new RegExp(`(['"\`]|[\\t ])${literally(value)}(\\1|:)`).test(text)) ?? false;
	});
};

test('the page on ASVS answers every requirement, in order', t => {
	t.deepEqual(
		answers.map(({name}) => name),
		required,
	);
});

test('each answer says what the library does, what is left to do, and which tests show it', t => {
	for (const {name, answer} of answers) {
		t.regex(answer, /\n- \*\*Library:\*\* .+[\s\S]*\n- \*\*You:\*\* .+[\s\S]*\n- \*\*Tests:\*\*/, name);
		const isCited = [...answer.matchAll(citation)].length > 0;
		t.is(answer.includes('- **Tests:** none. This is your application'), !isCited, name);
	}
});

test('every test that the page on ASVS names exists', t => {
	const cited = answers.flatMap(({answer}) => [...answer.matchAll(citation)]);
	t.is(cited.length, [...readPage('asvs.md').matchAll(/`test\//g)].length, 'all are read');
	const missing = cited.filter(([, file = '', title = '']) => !has(readFileSync(join(root, file), 'utf8'), title));
	t.deepEqual(
		missing.map(([line]) => line),
		[],
	);
});

test('a test that does not exist is noticed', t => {
	const text = readFileSync(join(root, 'test/scenarios/cookies.ts'), 'utf8');
	t.true(has(text, 'attributes: a __Host- name'));
	t.false(has(text, 'attributes: a __Host- nam'));
	t.false(has(text, 'attributes: what nobody wrote'));
	t.false(has(text, 'what nobody wrote'));
});
