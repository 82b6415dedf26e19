import test, {type ExecutionContext} from 'ava';
import {makeChallenge, readChallenge} from '../../source/binding/challenge.ts';
import {Seal} from '../../source/binding/seal.ts';
import {signed} from '../../source/tokens/signer.ts';
import {testKeys} from '../helpers/http/app.ts';
import {fakeClock} from '../helpers/stores/conforms.ts';

const [newest = '', older = ''] = testKeys;

const sealOf = (keys: readonly string[], property = 'session'): Seal =>
	new Seal(() => signed(() => keys, property, 'app:').keys(), property);

const seal = sealOf(testKeys);
const what = 'h'.repeat(42).concat('A');

test('a challenge says what it is for, to every process that has its key', t => {
	for (const use of ['register', 'refresh'] as const) {
		const challenge = makeChallenge(seal, use, what);
		// It is part of a string in a header (RFC 9651).
		t.regex(challenge, /^[\w.-]+$/);
		t.is(readChallenge(seal, use, challenge), what);
		t.is(readChallenge(sealOf(['a key that is newer than the others', newest]), use, challenge), what);
		t.is(readChallenge(sealOf([older]), use, challenge), undefined);
	}
});

test('one for another use, another session property or a changed one is none', t => {
	const challenge = makeChallenge(seal, 'register', what);
	t.is(readChallenge(seal, 'refresh', challenge), undefined);
	t.is(readChallenge(sealOf(testKeys, 'admin'), 'register', challenge), undefined);

	for (let at = 0; at < challenge.length; at++) {
		const changed = challenge.slice(0, at) + (challenge[at] === 'a' ? 'b' : 'a') + challenge.slice(at + 1);
		t.is(readChallenge(seal, 'register', changed), undefined, `character ${at}`);
		t.is(readChallenge(seal, 'register', challenge.slice(0, at)), undefined);
	}

	for (const junk of ['', '.', '..', `${what}..`, `${challenge}.`, ` ${challenge}`, 'a'.repeat(1_000_000)]) {
		t.is(readChallenge(seal, 'register', junk), undefined);
	}
});

test.serial('it lasts minutes, and clocks may differ by one', async (t: ExecutionContext) => {
	const clock = fakeClock(t);
	for (const [use, life] of [
		['register', 300_000],
		['refresh', 120_000],
	] as const) {
		const challenge = makeChallenge(seal, use, what);
		await clock.advance(-60_000);
		t.is(readChallenge(seal, use, challenge), what, 'made by a clock that is a minute ahead');
		await clock.advance(-1);
		t.is(readChallenge(seal, use, challenge), undefined);
		await clock.advance(1 + 60_000 + life + 60_000);
		t.is(readChallenge(seal, use, challenge), what);
		await clock.advance(1);
		t.is(readChallenge(seal, use, challenge), undefined);
	}
});
