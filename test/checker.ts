import test from 'ava';
import {check} from './histories/checker/check.ts';
import type {Act, Entry, History, View} from './histories/checker/history.ts';

// Histories made by hand: for each promise one that keeps it and one that breaks it. A request's number says when it was
// sent; it is over at once, unless `until` says that it was under way until after another one.

type Made = Partial<Omit<Entry, 'act'>> & {readonly until?: number; readonly hours?: number};

const hour = 3_600_000;

const limits = {idle: 24 * hour, absolute: 48 * hour, touchAfter: 2 * hour, skew: 0};

const nothing: View = {fields: {}, count: 0, expiresAt: 24 * hour};

/** The session that request 1 began, with what that wrote. */
const session = (view: Partial<View> = {}): View => ({...nothing, session: 1, fields: {a: 1}, ...view});

const entry = (number: number, act: Act, made: Made = {}): Entry => {
	const {until = number, hours = 0, ...rest} = made;
	const at = hours * hour;
	return {
		...{number, act, browser: 0, server: 0, way: 'plain', isAcknowledged: true, saw: nothing},
		began: {order: number * 10, at},
		ended: {order: until * 10 + 5, at},
		...rest,
	};
};

const promises = (entries: readonly Entry[], listed: History['listed'] = [], skew = 0): string[] => [
	...new Set(check({entries, limits: {...limits, skew}, listed}).map(({promise}) => promise)),
];

const write = {do: 'write', field: 'a'} as const;
const logIn = {do: 'log in', user: 'ada'} as const;
const begin = entry(1, write, {told: 'T1'});
const inSession = (view: Partial<View> = {}): Made => ({sent: 'T1', saw: session(view)});

test('a later request finds what was written', t => {
	const reading = (a: number) => [
		begin,
		entry(2, write, inSession()),
		entry(3, {do: 'read'}, inSession({fields: {a}})),
	];
	t.deepEqual(promises(reading(2)), []);
	t.deepEqual(promises(reading(1)), ['nothing acknowledged is lost']);
});

test('of two writes at once, either may be the later one', t => {
	for (const a of [2, 3]) {
		const both = [begin, entry(2, write, {...inSession(), until: 3}), entry(3, write, inSession())];
		t.deepEqual(promises([...both, entry(4, {do: 'read'}, inSession({fields: {a}}))]), []);
	}
});

test('a value that was deleted stays deleted', t => {
	const unset = entry(2, {do: 'unset', field: 'a'}, inSession());
	t.deepEqual(promises([begin, unset, entry(3, {do: 'read'}, inSession({fields: {}}))]), []);
	const back = entry(3, {do: 'read'}, inSession());
	t.deepEqual(promises([begin, unset, back]), ['nothing acknowledged is lost']);
});

test('a write while the session moves may be dropped, one after that may not', t => {
	const moving = entry(3, logIn, {...inSession(), told: 'T3'});
	const reading = entry(4, {do: 'read'}, {sent: 'T3', saw: session({user: 'ada'})});
	t.deepEqual(promises([begin, entry(2, write, {...inSession(), until: 3}), moving, reading]), []);
	t.deepEqual(promises([begin, entry(2, write, inSession()), moving, reading]), ['nothing acknowledged is lost']);
});

test('a write without an answer may have its effect, or none', t => {
	const unknown = entry(2, write, {...inSession(), isAcknowledged: false, ended: undefined});
	for (const a of [1, 2]) t.deepEqual(promises([begin, unknown, entry(3, {do: 'read'}, inSession({fields: {a}}))]), []);
});

test('each acknowledged increment counts once', t => {
	const counts = (first: number, second: number, count: number) => [
		begin,
		entry(2, {do: 'increment'}, {...inSession(), made: first, until: 3}),
		entry(3, {do: 'increment'}, {...inSession(), made: second}),
		entry(4, {do: 'read'}, inSession({count})),
	];
	t.deepEqual(promises(counts(2, 1, 2)), []);
	t.deepEqual(promises(counts(1, 1, 1)), ['`update()` is exact']);
	t.deepEqual(promises(counts(1, 2, 1)), ['`update()` is exact']);
	t.deepEqual(promises(counts(1, 2, 3)), ['`update()` is exact']);
});

test('an increment without an answer counts at most once', t => {
	const unknown = entry(2, {do: 'increment'}, {...inSession(), isAcknowledged: false});
	const reading = (count: number) => [begin, unknown, entry(3, {do: 'read'}, inSession({count}))];
	t.deepEqual(
		[0, 1, 2].map(count => promises(reading(count)).length),
		[0, 0, 1],
	);
});

test('a message is shown once', t => {
	const view = inSession();
	const taking = (first: readonly number[], second: readonly number[], act: 'take' | 'take exactly', until = 3) => [
		begin,
		entry(2, {do: 'flash'}, view),
		entry(3, {do: act}, {...view, took: first, until}),
		entry(4, {do: act}, {...view, took: second}),
	];
	t.deepEqual(promises(taking([2], [], 'take')), []);
	t.deepEqual(promises(taking([2], [2], 'take', 4)), []);
	t.deepEqual(promises(taking([2], [2], 'take')), ['a message is shown once']);
	t.deepEqual(promises(taking([2], [2], 'take exactly', 4)), ['a message is shown once']);
	t.deepEqual(promises(taking([], [], 'take')), ['nothing acknowledged is lost']);
});

test('a session that a logout found is never seen again', t => {
	const logOut = entry(2, {do: 'log out'}, {...inSession(), told: null});
	t.deepEqual(promises([begin, logOut, entry(3, {do: 'read'}, {sent: 'T1'})]), []);
	t.deepEqual(promises([begin, logOut, entry(3, {do: 'read'}, inSession())]), ['a logout is final']);
	const underAnotherId = [
		begin,
		entry(2, {do: 'log out'}, {...inSession(), told: null, until: 3}),
		entry(3, logIn, {...inSession(), told: 'T3'}),
		entry(4, {do: 'read'}, {sent: 'T3', saw: session({user: 'ada'})}),
	];
	t.deepEqual(promises(underAnotherId), ['a logout is final']);
});

test('a logout without an answer may have ended the session, or not', t => {
	const unknown = entry(2, {do: 'log out'}, {...inSession(), isAcknowledged: false});
	t.deepEqual(promises([begin, unknown, entry(3, {do: 'read'}, inSession())]), []);
	t.deepEqual(promises([begin, unknown, entry(3, {do: 'read'}, {sent: 'T1'})]), []);
});

test('a logout everywhere ends every session that was there before', t => {
	const first = entry(1, logIn, {told: 'T1'});
	const found = entry(2, {do: 'read'}, inSession({user: 'ada', fields: {}}));
	const revoke = entry(3, {do: 'revoke', user: 'ada'}, {browser: 1});
	t.deepEqual(promises([first, found, revoke, entry(4, {do: 'read'}, {sent: 'T1'})]), []);
	t.deepEqual(promises([first, found, revoke, entry(4, {do: 'read'}, inSession({user: 'ada', fields: {}}))]), [
		'a logout is final',
	]);
});

test('a session that is over by one clock need not be found by a machine that has another', t => {
	const first = entry(1, logIn, {told: 'T1'});
	const found = entry(2, {do: 'read'}, inSession({user: 'ada', fields: {}}));
	const acts = {
		'nothing acknowledged is lost': {do: 'write all', user: 'ada', field: 'a'},
		'a logout is final': {do: 'revoke', user: 'ada'},
	} as const;
	for (const [promise, act] of Object.entries(acts)) {
		const late = (hours: number) => [
			...[first, found, entry(3, act, {browser: 1, hours})],
			entry(4, {do: 'read'}, {...inSession({user: 'ada', fields: {}}), hours}),
		];
		t.deepEqual(promises(late(22), [], hour), [promise]);
		t.deepEqual(promises(late(23), [], hour), []);
	}
});

test('after a login, the old id opens nothing', t => {
	const moving = entry(2, logIn, {...inSession(), told: 'T2'});
	const here = session({user: 'ada'});
	const last = entry(4, {do: 'read'}, {sent: 'T2', saw: here});
	t.deepEqual(promises([begin, moving, entry(3, {do: 'read'}, {sent: 'T1', browser: 1}), last]), []);
	t.deepEqual(promises([begin, moving, entry(3, {do: 'read'}, {sent: 'T1', browser: 1, saw: here}), last]), [
		'one live session after a new id',
	]);
	const listed = [1, 1].map(number => ({user: 'ada', session: number}));
	t.deepEqual(promises([begin, moving, last], listed), ['one live session after a new id']);
});

test('a token opens its session until that ends', t => {
	t.deepEqual(promises([begin, entry(2, {do: 'read'}, {sent: 'T1', hours: 30})]), []);
	t.deepEqual(promises([begin, entry(2, {do: 'read'}, {sent: 'T1', hours: 12})]), ['a token opens its session']);
});

test('a failed request may renew the signature of the old id, by which a logout ends the session', t => {
	const moving = entry(2, logIn, {...inSession(), told: 'T2', until: 3});
	const {saw: _, ...renewal} = entry(3, {do: 'increment'}, {sent: 'T1', told: 'T1 again', isAcknowledged: false});
	const last = entry(5, {do: 'read'}, {sent: 'T2', browser: 1});
	t.deepEqual(promises([begin, moving, renewal, entry(4, {do: 'log out'}, {sent: 'T1 again'}), last]), []);
	t.deepEqual(promises([begin, moving, renewal, last]), ['a token opens its session']);
});

test('a session in use lives on, but not beyond its end', t => {
	const used = entry(2, {do: 'read'}, {...inSession(), hours: 20});
	t.deepEqual(promises([begin, used, entry(3, {do: 'read'}, {sent: 'T1', hours: 40})]), ['a token opens its session']);
	const at = (hours: number) => entry(3, {do: 'read'}, {...inSession(), hours});
	t.deepEqual(promises([begin, used, at(40)]), []);
	t.deepEqual(promises([begin, used, at(45)]), ['a session ends in time']);
	t.deepEqual(promises([begin, used, entry(3, {do: 'read'}, {...used, hours: 40}), at(49)]), [
		'a session ends in time',
	]);
});

test('a session does not outlive the cookie that its client was told of', t => {
	const reading = (sentUntil: number) => [
		begin,
		entry(2, {do: 'read'}, {...inSession({expiresAt: 24 * hour}), sentUntil}),
	];
	t.deepEqual(promises(reading(24 * hour)), []);
	t.deepEqual(promises(reading(12 * hour)), ['a client is told of its session']);
});

test('no session is stored that no client was told of', t => {
	const listed = [{user: 'ada', session: 1}];
	t.deepEqual(promises([entry(1, logIn, {told: 'T1'})], listed), []);
	t.deepEqual(promises([entry(1, logIn)], listed), ['a client is told of its session']);
	t.deepEqual(promises([entry(1, logIn, {isAcknowledged: false})], listed), []);
	t.deepEqual(promises([entry(1, logIn, {isAcknowledged: false, way: 'gone'})], listed), [
		'a client is told of its session',
	]);
});

test('a login stays in the jar', t => {
	const moving = entry(2, logIn, {...inSession(), told: 'T2', left: 22});
	const late = (left: number, told: string | null) =>
		entry(3, write, {...inSession(), told, left, began: {order: 15, at: 0}});
	const nowhere = entry(5, {do: 'read'});
	const old = entry(5, {do: 'read'}, {sent: 'T1'});
	const broken = ['a login stays in the jar'];
	t.deepEqual(promises([begin, moving, entry(5, {do: 'read'}, {sent: 'T2', saw: session()})]), []);
	t.deepEqual(promises([begin, moving, nowhere]), broken);
	t.deepEqual(promises([begin, late(30, null), moving, nowhere]), broken);
	// The old id left the server after the login's answer: it should have known. Before that, nobody could.
	t.deepEqual(promises([begin, late(30, 'T1'), moving, old]), broken);
	t.deepEqual(promises([begin, late(21, 'T1'), moving, old]), []);
	t.deepEqual(promises([begin, {...late(30, 'T1'), server: 1}, moving, old]), []);
});

test('a login whose new id was ended before it was told may end the session that another login moved', t => {
	const revocation = entry(2, {do: 'revoke', user: 'ada'}, {...inSession(), until: 3});
	const ended = entry(3, logIn, {...inSession(), told: null, until: 5});
	const moving = entry(4, logIn, {...inSession(), told: 'T2'});
	const last = entry(6, {do: 'read'});
	t.deepEqual(promises([begin, revocation, ended, moving, last]), []);
	t.deepEqual(promises([begin, ended, moving, last]), ['a login stays in the jar']);
});

test('a logout excuses an empty jar', t => {
	const moving = entry(2, logIn, {...inSession(), told: 'T2'});
	const logOut = entry(3, {do: 'log out'}, {sent: 'T2', saw: session(), told: null});
	t.deepEqual(promises([begin, moving, logOut, entry(5, {do: 'read'})]), []);
});
