import test from 'ava';
import type {Flashes} from '../../source/codec.ts';
import {LiveState} from '../../source/request/live-state.ts';
import {merge} from '../../source/request/merge.ts';
import type {Data, Keep, SessionMembers} from '../../source/session.ts';
import {isId} from '../../source/tokens/identifier.ts';

const members = {} as SessionMembers;
const createdAt = 1_700_000_000_000;
const ofTheOptions = {idleTimeout: undefined, absoluteTimeout: undefined};
const stateOf = (data: Data) => ({
	createdAt,
	permanent: true,
	...ofTheOptions,
	subject: 'ada',
	data,
	flashes: undefined as Flashes | undefined,
	binding: undefined,
});

/** A stored session as a route has it. */
const load = (data: Data) => new LiveState(members, true, 'the stored id', stateOf(data));

const dataOf = (live: LiveState): unknown => ({...live.session});

test('a new session is blank, has no content, and draws its id on first use', t => {
	const live = new LiveState(members, false);
	t.like(live.state, {permanent: false, subject: undefined, data: {}});
	t.false(live.hasContent);
	t.true(isId(live.id));
	t.is(live.id, live.id);
});

test('content is any value but `undefined`, or a subject', t => {
	const live = new LiveState(members, true);
	const session = live.session as unknown as Data;
	session['user'] = undefined;
	t.false(live.hasContent);
	for (const value of [null, 0, '', false]) {
		session['user'] = value;
		t.true(live.hasContent);
	}

	delete session['user'];
	live.subject = 'ada';
	t.true(live.hasContent);
});

test('a stored session keeps its id, its creation and its state', t => {
	const live = load({user: 'Ada'});
	t.is(live.id, 'the stored id');
	t.deepEqual(live.state, {...stateOf({user: 'Ada'}), seenAt: undefined});
});

const all = {cart: ['pear'], user: 'Ada', theme: 'dark'};

for (const [title, keeps, data, subject] of [
	['everything by default', [true], all, 'ada'],
	['some names, and no subject', [['cart', 'theme']], {cart: ['pear'], theme: 'dark'}, undefined],
	['no names', [[]], {}, undefined],
	['names that are not there', [['cart', 'missing', '__proto__']], {cart: ['pear']}, undefined],
	['nothing', [false], {}, undefined],
	[
		'what two in a row both let through',
		[
			['cart', 'theme'],
			['theme', 'user'],
		],
		{theme: 'dark'},
		undefined,
	],
	['nothing once one lets nothing through', [false, true], {}, undefined],
	['nothing at last', [['cart'], false], {}, undefined],
	['what the first one keeps', [true, ['cart']], {cart: ['pear']}, undefined],
	['what the last but one keeps', [['cart'], true], {cart: ['pear']}, undefined],
] as const satisfies readonly (readonly [string, readonly Keep[], Data, string | undefined])[]) {
	test(`regenerating keeps ${title}`, t => {
		const live = load(structuredClone(all));
		const seen = new Set([live.id]);
		for (const keep of keeps) {
			live.regenerate(keep as Keep);
			seen.add(live.id);
		}

		t.is(seen.size, keeps.length + 1, 'a new id each time');
		t.deepEqual(dataOf(live), data);
		t.is(live.subject, subject);
		const isRestarted = (keeps as readonly Keep[]).includes(false);
		t.is(live.createdAt > createdAt, isRestarted, 'the absolute timeout goes on, unless nothing is kept');
		const expected = {...stateOf(data), subject, createdAt: live.createdAt};
		t.deepEqual(live.carriedOver(stateOf(structuredClone(all))), expected, 'of what others stored, too');
	});
}

test('a regeneration that drops the data drops what its user chose at the login', t => {
	for (const [keep, isKept] of [
		[true, true],
		[['cart'], false],
		[false, false],
	] as const) {
		const live = load(structuredClone(all));
		const chosen = {permanent: false, idleTimeout: 5000, absoluteTimeout: 7000};
		Object.assign(live, chosen);
		live.regenerate(keep);
		t.like(live.state, isKept ? chosen : {permanent: true, ...ofTheOptions});
		t.like(live.carriedOver({...stateOf({}), ...chosen}), isKept ? chosen : {permanent: true, ...ofTheOptions});
	}
});

test('what is written after a regeneration is kept, and once it is written, all is let through again', t => {
	const live = load({cart: 1, user: 'Ada'});
	live.regenerate(['cart']);
	(live.session as unknown as Data)['user'] = 'Eve';
	t.deepEqual(dataOf(live), {cart: 1, user: 'Eve'});
	live.forgetRegeneration('an id that was drawn before');
	t.deepEqual(live.carriedOver(stateOf({theme: 1})).data, {});
	live.forgetRegeneration(live.id);
	t.deepEqual(live.carriedOver(stateOf({theme: 1})).data, {theme: 1});
});

test('what follows an ended session is another one: no data, no subject, a new id, a new life', t => {
	const live = load({user: 'Ada'});
	const {session} = live;
	live.regenerate(['user']);
	live.permanent = false;
	const next = live.end();
	t.not(next, live, 'a write under way notices');
	t.not(next.id, 'the stored id');
	t.like(next.state, {permanent: true, subject: undefined, data: {}});
	t.true(next.createdAt > createdAt);
	t.deepEqual([live.followsEnded, next.followsEnded], [false, true]);
	t.is(next.session, session, 'routes may hold on to the object');
	t.deepEqual(next.carriedOver(stateOf({theme: 1})).data, {theme: 1});
});

test('rebasing brings in what others stored and keeps what this request changed', t => {
	const live = load({mine: 1, theirs: 1, both: 1});
	Object.assign(live.session, {mine: 2, both: 2});
	Object.assign(live, {permanent: false, idleTimeout: 5000});
	const theirs = {
		...stateOf({mine: 1, theirs: 3, both: 3}),
		createdAt: createdAt + 1,
		idleTimeout: 7000,
		absoluteTimeout: Infinity,
		subject: 'eve',
	};
	live.rebase(stateOf({mine: 1, theirs: 1, both: 1}), theirs, merge);
	t.deepEqual(live.state, {
		createdAt: createdAt + 1,
		permanent: false,
		idleTimeout: 5000,
		absoluteTimeout: Infinity,
		seenAt: undefined,
		subject: 'eve',
		data: {mine: 2, theirs: 3, both: 2},
		flashes: undefined,
		binding: undefined,
	});
});

test('what is no data is not taken for merged data', t => {
	for (const merged of [undefined, null, 'data', ['data'], Promise.resolve({})]) {
		const live = load({mine: 1});
		t.throws(() => live.rebase(stateOf({}), stateOf({theirs: 1}), () => merged as never), {
			instanceOf: TypeError,
			message: /`merge`/,
		});
		t.deepEqual(dataOf(live), {mine: 1});
	}
});

test('an object that a route froze stays as it is, and the session goes on in another one', t => {
	for (const freeze of [Object.freeze, Object.seal, Object.preventExtensions]) {
		const live = load({user: 'Ada'});
		const frozen = freeze(live.session);
		live.rebase(stateOf({user: 'Ada'}), stateOf({user: 'Ada', cart: 1}), merge);
		t.deepEqual(dataOf(live), {user: 'Ada', cart: 1});

		freeze(live.session);
		t.deepEqual(dataOf(live.end()), {});
		t.deepEqual({...frozen}, {user: 'Ada'} as object);
	}
});

const bound = {...stateOf({user: 'Ada'}), binding: {key: 'k', since: createdAt}};

test('a new id keeps the binding, whatever it keeps of the data, if it is confirmed', t => {
	for (const keep of [true, false, ['user']] satisfies Keep[]) {
		const live = new LiveState(members, true, 'the stored id', bound);
		live.regenerate(keep);
		t.deepEqual(live.state.binding, bound.binding);

		const unproved = new LiveState(members, true, 'the stored id', {...bound, binding: {key: 'k'}});
		unproved.regenerate(keep);
		t.is(unproved.state.binding, undefined);

		t.is(unproved.carriedOver({...bound, binding: {key: 'other'}}).binding, undefined);
		t.deepEqual(live.carriedOver(bound).binding, bound.binding);
	}
});

test('what another request did to the binding counts, and otherwise what this one did', t => {
	const unproved = {...bound, binding: {key: 'k'}};
	const live = new LiveState(members, true, 'the stored id', unproved);
	live.binding = {key: 'k', since: 1};
	live.rebase(unproved, {...unproved, data: {user: 'Eve'}}, merge);
	t.deepEqual(live.state.binding, {key: 'k', since: 1});
	live.rebase(unproved, bound, merge);
	t.deepEqual(live.state.binding, bound.binding);
	t.is(live.end().state.binding, undefined);
});

test('a restart takes the later of two, and drops no data', t => {
	const live = load({cart: 1});
	live.regenerate(true, true);
	const restartedAt = live.createdAt;
	t.true(restartedAt > createdAt);
	for (const [theirs, expected] of [
		[createdAt + 1, restartedAt],
		[restartedAt + 1000, restartedAt + 1000],
	] as const) {
		live.rebase(stateOf({cart: 1}), {...stateOf({cart: 1}), createdAt: theirs}, merge);
		t.is(live.createdAt, expected);
	}
	t.deepEqual(dataOf(live), {cart: 1});
	live.reset('the stored id', stateOf({cart: 1}));
	t.is(live.createdAt, createdAt);
	t.is(live.carriedOver(stateOf({})).createdAt, createdAt);
});

test('a new id drops the timeouts with the data, and keeps them with all of it', t => {
	for (const [keep, kept] of [
		[true, 5000],
		[['cart'], undefined],
		[false, undefined],
	] as const) {
		const live = load({cart: 1});
		Object.assign(live, {idleTimeout: 5000, absoluteTimeout: 5000});
		live.regenerate(keep);
		t.deepEqual([live.idleTimeout, live.absoluteTimeout], [kept, kept]);
	}
});
