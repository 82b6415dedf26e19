import test from 'ava';
import {toVersion, type Version} from '../../../source/store.ts';
import {SeenTokens} from '../../../source/stores/memcached/tokens.ts';

const [first, second, third] = ['first', 'second', 'third'].map(toVersion) as [Version, Version, Version];

const seen = (version: Version) => ({version, expiresAt: 1, token: `token of ${version}`});

test('the token of a version is given once, and of no other', t => {
	const tokens = new SeenTokens();
	t.is(tokens.take('key', first), undefined);

	tokens.note('key', seen(first));
	t.is(tokens.take('key', second), undefined);
	t.is(tokens.take('other', first), undefined);
	t.like(tokens.take('key', first), seen(first));
	t.is(tokens.take('key', first), undefined);
});

test('a later look replaces an earlier one', t => {
	const tokens = new SeenTokens();
	tokens.note('key', seen(first));
	tokens.note('key', seen(second));
	t.is(tokens.take('key', first), undefined);
	t.like(tokens.take('key', second), seen(second));

	tokens.note('key', seen(third));
	tokens.forget('key');
	t.is(tokens.take('key', third), undefined);
});

test('no more than 10,000 are kept: those seen last', t => {
	const tokens = new SeenTokens();
	tokens.note('refreshed', seen(first));
	tokens.note('oldest', seen(first));
	for (let index = 0; index < 9998; index++) tokens.note(`key ${index}`, seen(first));
	tokens.note('refreshed', seen(first));
	tokens.note('newest', seen(first));
	t.is(tokens.take('oldest', first), undefined);
	for (const key of ['refreshed', 'newest', 'key 0', 'key 9997']) t.truthy(tokens.take(key, first), key);
});

test.serial('a token is trusted for less than ten seconds', t => {
	const realNow = performance.now;
	let now = 0;
	performance.now = () => now;
	t.teardown(() => {
		performance.now = realNow;
	});

	const tokens = new SeenTokens();
	tokens.note('key', seen(first));
	now = 9999;
	t.truthy(tokens.take('key', first));
	tokens.note('key', seen(first));
	now += 10_000;
	t.is(tokens.take('key', first), undefined);
});
