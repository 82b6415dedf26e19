import test from 'ava';
import fc from 'fast-check';
import {checkSubject} from '../../source/request/arguments.ts';
import {checkData, isReserved, SessionObject} from '../../source/request/session-object.ts';
import type {Session, SessionMembers} from '../../source/session.ts';
import {handleOf} from '../../source/tokens/identifier.ts';
import {anyData} from '../helpers/codecs/session-arbitraries.ts';

/** All members, and which of them an application may assign. */
const members = {
	id: 'fixed',
	handle: 'fixed',
	isNew: 'fixed',
	isBound: 'fixed',
	createdAt: 'fixed',
	lastSeenAt: 'fixed',
	expiresAt: 'fixed',
	permanent: 'assignable',
	idleTimeout: 'assignable',
	absoluteTimeout: 'assignable',
	subject: 'assignable',
	regenerate: 'fixed',
	flash: 'fixed',
	flashes: 'fixed',
	save: 'fixed',
	update: 'fixed',
	destroy: 'fixed',
} as const satisfies Record<keyof SessionMembers, 'fixed' | 'assignable'>;

const names = Object.keys(members);

/** The control of a session: it returns its own name, and records what is asked of it. */
const makeControl = () => {
	const asked: unknown[][] = [];
	const ask =
		(name: string) =>
		async (...parameters: unknown[]) =>
			void asked.push([name, ...parameters]);
	const control = {
		id: 'the id',
		isNew: true,
		isBound: true,
		createdAt: new Date(0),
		lastSeenAt: new Date(1),
		expiresAt: new Date(2),
		permanent: true,
		idleTimeout: undefined,
		absoluteTimeout: undefined,
		subject: undefined,
		regenerate: ask('regenerate'),
		save: ask('save'),
		update: ask('update'),
		destroy: ask('destroy'),
		flash: ask('flash'),
		flashes: ask('flashes'),
	};
	return {control: control as unknown as SessionMembers & typeof control, asked};
};

const make = (data?: Record<string, unknown>) => {
	const {control, asked} = makeControl();
	const object = new SessionObject(control, data);
	return {object, session: object as unknown as Session, control, asked};
};

test('the members are reserved, and nothing else is', t => {
	for (const name of names) t.true(isReserved(name), name);
	for (const name of ['user', 'constructor', 'toString', '__proto__', 'hasOwnProperty', 'Id', 'control', ''])
		t.false(isReserved(name));
});

test('spreading, keys, entries, JSON and `for … in` show the data, and only that', t => {
	const data = {user: 'Ada', cart: ['pear'], nothing: undefined};
	const {session} = make(data);
	const seen: string[] = [];
	for (const name in session) seen.push(name);
	t.deepEqual({...session} as object, data);
	t.deepEqual(seen, Object.keys(data));
	t.deepEqual(Object.keys(session), Object.keys(data));
	t.deepEqual(Object.entries(session), Object.entries(data));
	t.deepEqual(Object.getOwnPropertyNames(session), Object.keys(data));
	t.is(JSON.stringify(session), JSON.stringify(data));
	t.true('user' in session && Object.hasOwn(session, 'nothing'));
	t.false('missing' in session);
	for (const name of names) t.false(Object.hasOwn(session, name), name);
});

test('assigning a reserved name throws, names it, and changes nothing', t => {
	const {session} = make({user: 'Ada'});
	for (const [name] of Object.entries(members).filter(([, kind]) => kind === 'fixed')) {
		const before = Reflect.get(session, name);
		for (const assign of [
			() => Reflect.set(session, name, '5up3rs3cr3t'),
			() => Object.assign(session, {[name]: '5up3rs3cr3t'}),
		]) {
			const error = t.throws(assign, {code: 'ERR_SESSION_RESERVED', message: new RegExp(`\`${name}\``)});
			t.notRegex(error?.message ?? '', /5up3rs3cr3t/);
		}

		t.is(Reflect.get(session, name), before);
		t.true(Reflect.deleteProperty(session, name));
		t.is(Reflect.get(session, name), before, 'nor can it be deleted');
	}

	t.deepEqual({...session}, {user: 'Ada'} as object);
});

test('members ask the control of the session', async t => {
	const {session, control, asked} = make();
	t.is(session.id, 'the id');
	t.is(session.handle, handleOf('the id'));
	for (const name of ['isNew', 'isBound', 'createdAt', 'lastSeenAt', 'expiresAt'] as const) {
		t.is(session[name] as unknown, control[name], name);
	}
	Object.assign(session, {permanent: false, subject: 'ada', idleTimeout: '1h', absoluteTimeout: Infinity});
	t.like(control as object, {permanent: false, subject: 'ada', idleTimeout: 3_600_000, absoluteTimeout: Infinity});
	const fn = () => undefined;
	await session.save();
	await session.update(fn);
	await session.regenerate({keep: ['cart']});
	await session.destroy();
	session.flash('info', null);
	session.flashes('');
	t.deepEqual(asked, [
		['save'],
		['update', fn],
		['regenerate', {keep: ['cart']}],
		['destroy'],
		['flash', 'info', null],
		['flashes', ''],
	]);
});

test('a wrong value for a member throws, and does not show it', t => {
	const {session, control} = make();
	for (const [assign, message] of [
		[() => Reflect.set(session, 'permanent', '5up3rs3cr3t'), /`permanent` to be `true` or `false`, got a string/],
		[() => Reflect.set(session, 'permanent', null), /`permanent`.*null/],
		[() => Reflect.set(session, 'subject', ['5up3rs3cr3t']), /`subject`.*1 to 255 characters/],
		[() => session.regenerate({keep: '5up3rs3cr3t' as never}), /`keep`.*a list of names, got a string/],
		[() => session.regenerate({keep: null as never}), /`keep`/],
		[() => session.flash(1 as never, '5up3rs3cr3t'), /`kind` to be a string such as `'info'`, got/],
		[
			() => session.flash('info', undefined as never),
			/^Expected a message to show\. To take those of a kind, call `flashes\(kind\)`$/,
		],
		[() => session.flashes(undefined as never), /`kind`/],
		[() => session.update(undefined as never), /`fn` to be a function, got `undefined`/],
	] as const) {
		const error = t.throws(assign, {instanceOf: TypeError, message});
		t.notRegex(error?.message ?? '', /5up3rs3cr3t/);
	}

	t.deepEqual([control.permanent, control.subject], [true, undefined] as unknown[]);
});

test('a subject is a well-formed string of 1 to 255 characters, or none', t => {
	for (const subject of [undefined, 'a', 'ä\0🍪', 'a'.repeat(255)]) t.notThrows(() => checkSubject(subject));
	for (const subject of ['', 'a'.repeat(256), 'a\uD83C', '\uDF6Aa', null, 1, true, {}, ['a'], Symbol('a')]) {
		t.throws(() => checkSubject(subject), {instanceOf: TypeError, message: /`subject`/});
	}
});

test('what one request writes on a member, no other request reads', t => {
	const session = make().object as unknown as Record<string, unknown>;
	const functions = names.filter(name => typeof session[name] === 'function');
	t.true(functions.includes('flash') && functions.includes('regenerate'));
	for (const name of functions) {
		t.throws(() => Object.assign(session[name] as object, {info: 'card 4242'}), {instanceOf: TypeError});
		t.deepEqual(Object.keys(session[name] as object), [], name);
	}
});

test('stored data under a reserved name is out of sight, stays where it is, and goes when all data is replaced', t => {
	const {object, session} = make({save: 'mine', id: 7, user: 'Ada'});
	t.deepEqual({...session}, {user: 'Ada'} as object);
	t.is(session.id, 'the id');
	t.deepEqual(SessionObject.snapshot(object), {save: 'mine', id: 7, user: 'Ada'});

	SessionObject.replace(object, {user: 'Eve'});
	t.deepEqual(SessionObject.snapshot(object), {user: 'Eve'});
});

test('data may have the name of anything that objects inherit', t => {
	const data = JSON.parse('{"__proto__":{"isAdmin":true},"constructor":1,"toString":2,"hasOwnProperty":3}');
	const {object, session} = make(data);
	t.deepEqual(Object.keys(session).toSorted(), ['__proto__', 'constructor', 'hasOwnProperty', 'toString']);
	t.is(session['isAdmin'], undefined);
	t.is(typeof session.save, 'function');
	t.is(JSON.stringify(SessionObject.snapshot(object)), JSON.stringify(data));

	const {session: other} = make();
	t.is(Reflect.get(other, '__proto__'), undefined);
	Reflect.set(other, '__proto__', {isAdmin: true, save: 'stolen'});
	t.is(other['isAdmin'], undefined);
	t.is(typeof other.save, 'function');
	t.deepEqual(Object.keys(other), ['__proto__']);
});

test('property: a snapshot has the data that came in, and is a copy of it', t => {
	fc.assert(
		fc.property(anyData, data => {
			const {object, session} = make(data);
			const snapshot = SessionObject.snapshot(object);
			t.deepEqual(snapshot, data);
			session['later'] = 1;
			Reflect.deleteProperty(data, 'later');
			return !Object.hasOwn(snapshot, 'later') && !Object.hasOwn(data, 'later');
		}),
		{numRuns: 50},
	);
});

test('data as a whole is a plain object, or another session; anything else is a TypeError that shows nothing of it', t => {
	class Account {}
	const whole = {user: 'Ada'};
	// As `cookie` parses a header.
	const parsed = Object.assign(Object.create(Object.create(null)), whole);
	for (const data of [whole, Object.assign(Object.create(null), whole), parsed, make(whole).session]) {
		t.deepEqual(checkData(data), whole);
		t.not(checkData(data) as unknown, data);
	}

	for (const data of [
		'5up3rs3cr3t',
		1,
		true,
		undefined,
		null,
		Symbol('a'),
		[],
		new Account(),
		new Map(),
		new Date(),
		() => 1,
		(JSON as unknown as {rawJSON(text: string): unknown}).rawJSON('1'),
	]) {
		const error = t.throws(() => checkData(data), {instanceOf: TypeError, message: /plain object, got /});
		t.notRegex(error?.message ?? '', /5up3rs3cr3t/);
	}

	for (const name of names)
		t.throws(() => checkData({[name]: 1}), {code: 'ERR_SESSION_RESERVED', message: new RegExp(name)});
});
