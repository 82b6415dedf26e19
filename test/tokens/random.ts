import crypto from 'node:crypto';
import {syncBuiltinESMExports} from 'node:module';
import test from 'ava';
import {drawText} from '../../source/tokens/random.ts';

test('a text is of as many octets as asked for, whatever was drawn before', t => {
	for (const octets of [1, 8, 16, 32, 4096, 8, 4096]) {
		t.is(Buffer.from(drawText(octets, 'base64url'), 'base64url').length, octets);
		t.is(Buffer.from(drawText(octets, 'hex'), 'hex').length, octets);
	}
});

test.serial('what was handed out is wiped from the pool, and the pool is filled again', async t => {
	const pools: Buffer[] = [];
	const {randomFillSync} = crypto;
	crypto.randomFillSync = ((pool: Buffer) => {
		pools.push(pool);
		return randomFillSync(pool);
	}) as typeof randomFillSync;
	syncBuiltinESMExports();
	t.teardown(() => {
		crypto.randomFillSync = randomFillSync;
		syncBuiltinESMExports();
	});

	const own = (await import(
		`../../source/tokens/random.ts?${Date.now()}`
	)) as typeof import('../../source/tokens/random.ts');
	const texts = Array.from({length: 100}, () => {
		const text = own.drawText(32, 'base64url');
		if (pools.at(-1)?.includes(Buffer.from(text, 'base64url'))) t.fail('a text is still in the pool');
		return text;
	});
	t.is(pools.length, 1);
	t.true((pools[0]?.length ?? 0) > 0);
	while (pools.length === 1) texts.push(own.drawText(32, 'base64url'));
	t.is(new Set(texts).size, texts.length);
});
