import crypto from 'node:crypto';
import {syncBuiltinESMExports} from 'node:module';
import test, {type ExecutionContext} from 'ava';
import fc from 'fast-check';
import Keygrip from 'keygrip';
import {handleOf, makeId} from '../../source/tokens/identifier.ts';
import {type KeyList, signed, unsigned} from '../../source/tokens/signer.ts';
import {testKeys} from '../helpers/http/app.ts';
import {makeToken} from '../helpers/http/tokens.ts';

const [newest = '', older = ''] = testKeys;
const signer = (keys: KeyList | undefined = testKeys, property = 'session') => signed(() => keys, property, 'app:');

test('a token made today is one that any version made: known by OpenSSL', t => {
	const id = 'A'.repeat(43);
	// printf '%s' "$id.[\"sid\",\"session\"]" | openssl dgst -sha256 -hmac "$newest" -binary | basenc --base64url
	const token = `${id}.Nf39NsEvqnFLtZcLR118Za0LItZ_g6okbvL2hYyIhSY`;
	t.is(signer().sign(id, 'sid'), token);
	t.is(makeToken({id}), token);
	t.like(signer().verify(token, 'sid'), {id, handle: 'DwBzhbb51LfusnSGBa_hqYSgo7-j8BTQnip4TOnlzRo', isStale: false});
});

test('every key of the list verifies; whatever the newest did not sign is stale', t => {
	const id = makeId();
	const keys = ['a newer key', newest, older];
	for (const [key, isStale] of [
		['a newer key', false],
		[newest, true],
		[older, true],
	] as const) {
		t.like(signer(keys).verify(makeToken({id, key}), 'sid'), {id, handle: handleOf(id), isStale}, key);
	}

	t.is(signer(keys).verify(makeToken({id, key: 'another key'}), 'sid'), 'signature');
	t.is(signer([older]).verify(makeToken({id}), 'sid'), 'signature', 'a key that was taken away');
});

test("an application's own Keygrip is used as it is, whatever its digest and encoding", t => {
	const id = 'A'.repeat(43);
	for (const [keygrip, signature] of [
		[new Keygrip(['one', 'two']), /^fuOvYXTf3wc4MEJ72OItOtnXwkc$/],
		[new Keygrip(['one', 'two'], 'sha1', 'hex'), /^7ee3af6174dfdf073830427bd8e22d3ad9d7c247$/],
		[new Keygrip(['one', 'two'], 'sha512', 'hex'), /^[\da-f]{128}$/],
	] as const) {
		const own = signer(keygrip);
		const token = own.sign(id, 'sid');
		t.regex(token.slice(44), signature);
		t.like(own.verify(token, 'sid'), {id, isStale: false});
		t.is(own.verify(`${token.slice(0, -1)}x`, 'sid'), 'signature');
	}

	const turned = signer(new Keygrip(['two', 'one'], 'sha1', 'hex'));
	t.like(turned.verify(signer(new Keygrip(['one'], 'sha1', 'hex')).sign(id, 'sid'), 'sid'), {id, isStale: true});
});

test('a function is asked each time, so nothing of the keys before stays', t => {
	let keys: KeyList | undefined = [newest];
	let asked = 0;
	const live = signed(
		() => {
			asked++;
			return keys;
		},
		'session',
		'app:',
	);
	const id = makeId();
	const token = live.sign(id, 'sid');
	t.like(live.verify(token, 'sid'), {isStale: false});
	t.is(asked, 2);

	keys = [older, newest];
	t.like(live.verify(token, 'sid'), {isStale: true}, 'not as it was remembered');
	(keys as string[]).shift();
	t.like(live.verify(token, 'sid'), {isStale: false}, 'the same list, with other members');
	(keys as string[])[0] = older;
	t.is(live.verify(token, 'sid'), 'signature');
	keys = new Keygrip([newest], 'sha256');
	t.like(live.verify(token, 'sid'), {isStale: false});
	keys = undefined;
	t.throws(() => live.verify(token, 'sid'), {code: 'ERR_SESSION_NO_KEYS'});
});

test('keys that can sign nothing are refused, and not shown', t => {
	const bad = [undefined, [], [''], ['5up3rs3cr3t', ''], [1], '5up3rs3cr3t', {}, {sign() {}}] as unknown as KeyList[];
	for (const keys of bad) {
		const error = t.throws(() => signed(() => keys, 'session', 'app:').sign(makeId(), 'sid'), {
			code: 'ERR_SESSION_NO_KEYS',
		});
		t.notRegex(error?.message ?? '', /5up3rs3cr3t/);
	}
});

/** Counts the calls of a function of node:crypto until the end of a test, which must be serial. */
const count = (t: ExecutionContext, name: 'createHmac' | 'timingSafeEqual'): {calls: number} => {
	const given = crypto[name] as (...parameters: unknown[]) => unknown;
	const counted = {calls: 0};
	const put = (value: unknown) => {
		Object.assign(crypto, {[name]: value});
		syncBuiltinESMExports();
	};
	put((...parameters: unknown[]) => {
		counted.calls++;
		return given(...parameters);
	});
	t.teardown(() => put(given));
	return counted;
};

test.serial('a token just verified is known again, for the name that it was verified for', t => {
	const {sign, verify} = signer();
	const token = sign(makeId(), 'sid');
	const known = verify(token, 'sid');
	const hmacs = count(t, 'createHmac');
	t.is(verify(token, 'sid'), known);
	t.is(hmacs.calls, 0);
	t.is(verify(token, 'other'), 'signature');
	t.is(verify(`${token}x`, 'sid'), 'signature');
	t.true(hmacs.calls > 0, 'whatever else comes is computed');
});

test.serial('the tokens that are remembered are bounded, and a wrong one is never among them', t => {
	const {sign, verify} = signer();
	const token = sign(makeId(), 'sid');
	verify(token, 'sid');
	const hmacs = count(t, 'createHmac');
	for (let others = 0; others < 1000; others++) verify(sign(makeId(), 'sid'), 'sid');
	hmacs.calls = 0;
	t.like(verify(token, 'sid'), {isStale: false});
	t.is(hmacs.calls, 1, 'forgotten in the meantime');

	const wrong = makeToken({id: makeId(), key: 'another key'});
	for (let times = 0; times < 3; times++) {
		hmacs.calls = 0;
		t.is(verify(wrong, 'sid'), 'signature');
		t.is(hmacs.calls, 2, 'each key is tried, each time');
	}
});

test.serial('signatures are compared in constant time', t => {
	const id = makeId();
	for (const keys of [testKeys, new Keygrip(testKeys, 'sha256')]) {
		const {sign, verify} = signer(keys);
		const compared = count(t, 'timingSafeEqual');
		const token = sign(id, 'sid');
		const wrong = `${token.slice(0, 44)}${token[44] === 'A' ? 'B' : 'A'}${token.slice(45)}`;
		t.is(verify(wrong, 'sid'), 'signature');
		t.true(compared.calls > 0);
		compared.calls = 0;
		verify(token, 'sid');
		t.true(compared.calls > 0);
	}
});

test('without signatures, a token is an id of the right form', t => {
	const id = makeId();
	const signer = unsigned('app:');
	t.is(signer.sign(id, 'sid'), id);
	const handle = handleOf(id);
	t.deepEqual(signer.verify(id, 'sid'), {id, handle, key: `app:${handle}`, isStale: false});
	for (const token of ['', id.slice(1), `${id}A`, makeToken({id}), ` ${id}`])
		t.is(signer.verify(token, 'sid'), 'malformed');
});

const anyId = fc.uint8Array({minLength: 32, maxLength: 32}).map(bytes => Buffer.from(bytes).toString('base64url'));
const anyName = fc.oneof(fc.string(), fc.constantFrom('sid', '__Host-sid', '"', ']', '","', 'a","b'));
const anyKeys = fc.array(fc.string({minLength: 1}), {minLength: 1, maxLength: 3});

test('property: what is signed verifies, under its own name, property and keys', t => {
	fc.assert(
		fc.property(anyId, anyName, anyName, anyKeys, (id, name, property, keys) => {
			const verified = signer(keys, property).verify(signer(keys, property).sign(id, name), name);
			return typeof verified === 'object' && verified.id === id && !verified.isStale;
		}),
	);
	t.pass();
});

test('property: no token fits another name or another property, however they are written', t => {
	fc.assert(
		fc.property(anyId, anyName, anyName, anyName, anyName, (id, name, property, otherName, otherProperty) => {
			const isSame = name === otherName && property === otherProperty;
			const verified = signer(testKeys, otherProperty).verify(signer(testKeys, property).sign(id, name), otherName);
			return isSame || verified === 'signature';
		}),
	);
	t.pass();
});

test('property: a token that was changed in any way, cut or extended, names nothing', t => {
	const {sign, verify} = signer();
	fc.assert(
		fc.property(anyId, fc.nat(86), fc.nat(2), fc.string({maxLength: 4}), (id, start, removed, inserted) => {
			const token = sign(id, 'sid');
			verify(token, 'sid');
			const changed = `${token.slice(0, start)}${inserted}${token.slice(start + removed)}`;
			return changed === token || typeof verify(changed, 'sid') === 'string';
		}),
		{numRuns: 500},
	);
	t.pass();
});

test('property: no token is accepted for two ids, and none without a key', t => {
	const {sign, verify} = signer();
	fc.assert(
		fc.property(anyId, anyId, fc.string(), (id, other, forged) => {
			const [, signature] = sign(id, 'sid').split('.');
			const verified = verify(`${other}.${signature}`, 'sid');
			const isForged = typeof verify(`${id}.${forged}`, 'sid') === 'object' && forged !== signature;
			return !isForged && (typeof verified === 'string') === (id !== other);
		}),
	);
	t.pass();
});
