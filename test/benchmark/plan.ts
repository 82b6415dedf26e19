import test from 'ava';
import {isAsked, toPlan} from '../../benchmark/plan.ts';

test('a plan has a benchmark, words, URLs, a Node and whether it is quick, in any order', t => {
	t.deepEqual(toPlan(['http', 'redis', '--node', '26', 'read', 'postgres://127.0.0.1/test', '--quick']), {
		benchmark: 'http',
		words: ['redis', 'read'],
		urls: ['postgres://127.0.0.1/test'],
		node: '26',
		isQuick: true,
	});
	t.deepEqual(toPlan([]), {benchmark: undefined, words: [], urls: [], node: undefined, isQuick: false});
	t.deepEqual(toPlan(['store', 'sqlite::memory:', 'file:./x', 'memory:']).urls, [
		'sqlite::memory:',
		'file:./x',
		'memory:',
	]);
});

test('unknown flags are refused', t => {
	t.throws(() => toPlan(['--node', '25']), {message: 'Expected `--node` 24 or 26, got 25'});
	t.throws(() => toPlan(['--slow']), {message: 'Expected `--quick` or `--node`, got --slow'});
});

test('a case is selected by whole words of its title', t => {
	const title = 'redis read, 50 connections, autopipelining';
	t.true(isAsked({words: []}, title));
	t.true(isAsked({words: ['read', 'REDIS']}, title));
	t.true(isAsked({words: ['50', 'autopipelining']}, title));
	t.false(isAsked({words: ['read', 'memory']}, title));
	t.false(isAsked({words: ['auto']}, title));
	t.true(isAsked({words: ['json']}, 'json() and compress()'));
});
