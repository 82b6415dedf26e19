import {readFileSync} from 'node:fs';
import test from 'ava';
import {evidence, insert, summary} from '../../benchmark/report/markdown.ts';
import {pageOf} from '../../benchmark/report/page.ts';
import {format, type Recorded, type Result, replace} from '../../benchmark/results.ts';

const environment = {
	date: '2026-11-25',
	commit: 'abc1234',
	node: 'v24.21.0',
	platform: 'linux x64',
	machine: '2 × CPU',
};

const spread = (median: number) => ({median, low: median * 0.9, high: median * 1.1});

const request = (changes: Partial<Recorded> = {}): Recorded => ({
	benchmark: 'http',
	title: 'redis read, 50 connections',
	question: 'What does a request cost that reads its <session>?',
	unit: 'µs',
	measurements: [
		{name: 'koa-server-session', value: spread(150), columns: {'requests/s': 5000}},
		{name: 'Koa', value: spread(100), columns: {'requests/s': 9000}},
	],
	comparisons: [
		{against: 'Koa', value: spread(1.5), limit: {atMost: 1.05}},
		{against: 'by hand', value: undefined},
	],
	environment,
	...changes,
});

test('content goes between its markers, and replaces what was there', t => {
	const text = 'before\n<!-- a -->\nold\n<!-- /a -->\nafter <!-- b --><!-- /b -->\n';
	const once = insert(text, 'a', 'new\n');
	t.is(once, 'before\n<!-- a -->\nnew\n<!-- /a -->\nafter <!-- b --><!-- /b -->\n');
	t.is(insert(once, 'a', 'new'), once);
});

test('without markers, or in the wrong order, nothing is inserted', t => {
	for (const text of ['', '<!-- a -->', '<!-- /a --><!-- a -->']) {
		t.throws(() => insert(text, 'a', 'new'), {
			message: 'Expected the markers <!-- a --> and <!-- /a -->, in this order',
		});
	}
});

test('the summary has the ratios of the newest Node, and where they come from', t => {
	const older = request({environment: {...environment, node: 'v22.1.0'}});
	const later = request({
		title: 'redis change, 50 connections',
		environment: {...environment, date: '2026-11-26', commit: 'def5678'},
	});
	const text = summary([older, later, request(), request({benchmark: 'codec', title: 'json()'})]);
	t.regex(text, /\n\| reads its session \| 150 µs \| 1.5 \| unclear \|.*\|\n\n/);
	t.regex(text, /Node 24\.21\.0, linux x64, 2 × CPU\. 2026-11-25, commit abc1234; 2026-11-26, commit def5678\.$/);
	t.is(summary([]), '_Not measured yet._');
	t.regex(evidence([request()]), /### http[\s\S]*\| redis read, 50 connections, Node 24 \| 150 µs \| Koa \|/);
});

test('a result replaces the one for the same question on the same major version of Node', t => {
	const on26 = request({environment: {...environment, node: 'v26.10.0'}});
	const known = [request(), on26, request({title: 'redis change, 50 connections'})];
	const next: Recorded = request({unit: 'new', environment: {...environment, node: 'v24.22.0'}});
	t.deepEqual(replace(known, next), [next, known[1], known[2]]);
	t.is(replace(known, request({benchmark: 'store'})).length, 4);
});

test('the page shows every result, escapes HTML, and loads nothing from elsewhere', async t => {
	const other: Result = {...request(), title: 'redis read, 200 connections'};
	const page = await pageOf([request(), {...other, environment}], async () => '<svg viewBox="0 0 1 1"></svg>');
	t.regex(page, /<b>0<\/b> of 2 targets met/);
	t.regex(page, /reads its &lt;session>\?/);
	t.regex(page, /redis read, 200 connections/);
	t.regex(page, /commit abc1234 · Node v24\.21\.0/);
	t.notRegex(page, /(?:src|href)="(?!#)|@import|url\(/);
});

test('results lie one on a line, with four digits', t => {
	const value = {median: 1.23456, low: 1.1, high: 12345};
	const results = [request(), request({title: 'another', comparisons: [{against: 'Koa', value}]})];
	const [first, ...lines] = format(results).trimEnd().split('\n');
	t.is(first, '[');
	t.is(lines.length, 3);
	const [one, other] = JSON.parse(format(results));
	t.is(one.question, results[0]?.question);
	t.deepEqual(other.comparisons[0].value, {median: 1.235, low: 1.1, high: 12350});
	t.is(format(JSON.parse(format(results))), format(results));
});

test('the results that are stored have that form, and each names its question once', t => {
	const text = readFileSync(new URL('../../benchmark/results.json', import.meta.url), 'utf8');
	const results: Recorded[] = JSON.parse(text);
	t.is(format(results), text);
	t.is(results.reduce<readonly Recorded[]>(replace, []).length, results.length);
});
