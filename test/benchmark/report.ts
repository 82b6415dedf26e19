import test from 'ava';
import {evidence, insert, summary} from '../../benchmark/report/markdown.ts';
import {pageOf} from '../../benchmark/report/page.ts';
import type {Result} from '../../benchmark/result.ts';
import {type Recorded, replace} from '../../benchmark/results.ts';

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
		{name: 'koa-server-session', value: spread(150), beside: {'requests/s': 5000}},
		{name: 'Koa', value: spread(100), beside: {'requests/s': 9000}},
	],
	comparisons: [
		{against: 'Koa', value: spread(1.5), limit: {atMost: 1.05}},
		{against: 'by hand', value: undefined},
	],
	environment,
	...changes,
});

test('content goes between its markers, and again in the place of what was there', t => {
	const text = 'before\n<!-- a -->\nold\n<!-- /a -->\nafter <!-- b --><!-- /b -->\n';
	const once = insert(text, 'a', 'new\n');
	t.is(once, 'before\n<!-- a -->\nnew\n<!-- /a -->\nafter <!-- b --><!-- /b -->\n');
	t.is(insert(once, 'a', 'new'), once);
});

test('without markers in their order nothing is inserted', t => {
	for (const text of ['', '<!-- a -->', '<!-- /a --><!-- a -->']) {
		t.throws(() => insert(text, 'a', 'new'), {
			message: 'Expected the markers <!-- a --> and <!-- /a -->, one after the other',
		});
	}
});

test('the summary has the ratios of the newest Node, and where they come from', t => {
	const older = request({environment: {...environment, node: 'v22.1.0'}});
	const text = summary([older, request(), request({benchmark: 'codec', title: 'json()'})]);
	t.regex(text, /\| --- \|\n\| reads its session \| 150 µs \| 1.5 \| unclear \|.*\|\n\n/);
	t.regex(text, /Node 24\.21\.0\. 2026-11-25, commit abc1234, linux x64, 2 × CPU/);
	t.is(summary([]), '_Not measured yet._');
	t.regex(evidence([request()]), /### http[\s\S]*\| redis read, 50 connections, Node 24 \| 150 µs \| Koa \|/);
});

test('a result takes the place of the one of the same question on the same line of Node', t => {
	const on26 = request({environment: {...environment, node: 'v26.10.0'}});
	const known = [request(), on26, request({title: 'redis change, 50 connections'})];
	const next: Recorded = request({unit: 'new', environment: {...environment, node: 'v24.22.0'}});
	t.deepEqual(replace(known, next), [next, known[1], known[2]]);
	t.is(replace(known, request({benchmark: 'store'})).length, 4);
});

test('the page shows every result, quotes what it must, and asks for nothing from elsewhere', async t => {
	const other: Result = {...request(), title: 'redis read, 200 connections'};
	const page = await pageOf([request(), {...other, environment}], async () => '<svg viewBox="0 0 1 1"></svg>');
	t.regex(page, /<b>0<\/b> of 2 targets kept/);
	t.regex(page, /reads its &lt;session>\?/);
	t.regex(page, /redis read, 200 connections/);
	t.regex(page, /commit abc1234 · Node v24\.21\.0/);
	t.notRegex(page, /(?:src|href)="(?!#)|@import|url\(/);
});
