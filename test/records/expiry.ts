import test from 'ava';
import fc from 'fast-check';
import {dueUse, hasExpired, isTouchDue, lastSeen, nextExpiry, type Timeouts} from '../../source/records/expiry.ts';

const second = 1000;
const createdAt = 1_700_000_000_000;
const timeouts: Timeouts = {idleTimeout: 100 * second, absoluteTimeout: 350 * second, touchAfter: 10 * second};
const session = {createdAt, idleTimeout: undefined, absoluteTimeout: undefined};

const anyTimeouts: fc.Arbitrary<Timeouts> = fc
	.record({
		idleTimeout: fc.integer({min: second, max: 1e9}),
		absoluteTimeout: fc.oneof(fc.integer({min: second, max: 1e10}), fc.constant(Infinity)),
		part: fc.double({min: 0, max: 1, noNaN: true}),
	})
	.map(({idleTimeout, absoluteTimeout, part}) => ({
		idleTimeout,
		absoluteTimeout,
		touchAfter: Math.floor(idleTimeout * part),
	}));

const anyAge = fc.nat(2e10);

test('a session ends after the idle timeout, and never after the absolute one', t => {
	t.is(nextExpiry(createdAt, createdAt, timeouts), createdAt + 100 * second);
	t.is(nextExpiry(createdAt, createdAt + 250 * second, timeouts), createdAt + 350 * second, 'both at once');
	t.is(nextExpiry(createdAt, createdAt + 250 * second + 1, timeouts), createdAt + 350 * second);
	t.is(nextExpiry(createdAt, createdAt, {...timeouts, absoluteTimeout: 1}), createdAt + 1);
	t.is(
		nextExpiry(createdAt, createdAt + 1e12, {...timeouts, absoluteTimeout: Infinity}),
		createdAt + 1e12 + 100 * second,
	);
});

test('a session has ended at its very end, by idle or by absolute timeout', t => {
	const expiresAt = createdAt + 100 * second;
	t.false(hasExpired(expiresAt, createdAt, expiresAt - 1, timeouts));
	t.true(hasExpired(expiresAt, createdAt, expiresAt, timeouts));
	const forever = Number.MAX_SAFE_INTEGER;
	t.false(hasExpired(forever, createdAt, createdAt + 350 * second - 1, timeouts), 'whatever its record says');
	t.true(hasExpired(forever, createdAt, createdAt + 350 * second, timeouts));
	t.false(hasExpired(forever, createdAt, createdAt + 1e15, {...timeouts, absoluteTimeout: Infinity}));
});

test('a touch is due exactly after `touchAfter`', t => {
	const expiresAt = nextExpiry(createdAt, createdAt, timeouts);
	for (const [age, isDue] of [
		[0, false],
		[1, false],
		[10 * second - 1, false],
		[10 * second, true],
		[10 * second + 1, true],
		[99 * second, true],
	] as const) {
		t.is(isTouchDue(expiresAt, createdAt, createdAt + age, timeouts), isDue, String(age));
	}
});

test('`touchAfter: 0`: due at every millisecond but the one of the last extension', t => {
	const always = {...timeouts, touchAfter: 0};
	const expiresAt = nextExpiry(createdAt, createdAt, always);
	t.false(isTouchDue(expiresAt, createdAt, createdAt, always));
	t.true(isTouchDue(expiresAt, createdAt, createdAt + 1, always));
});

test('no touch is due where the absolute timeout leaves nothing to gain', t => {
	const expiresAt = createdAt + timeouts.absoluteTimeout;
	for (const age of [250, 300, 349]) t.false(isTouchDue(expiresAt, createdAt, createdAt + age * second, timeouts));
});

test('options that changed count from the next use on', t => {
	const expiresAt = nextExpiry(createdAt, createdAt, timeouts);
	t.true(isTouchDue(expiresAt, createdAt, createdAt, {...timeouts, idleTimeout: 50 * second}), 'shortened');
	t.true(isTouchDue(expiresAt, createdAt, createdAt, {...timeouts, idleTimeout: 200 * second}), 'lengthened');
});

test('a clock that was set back ends no session, and an expiry too far away is moved nearer', t => {
	const now = createdAt + 200 * second;
	const expiresAt = nextExpiry(createdAt, now, timeouts);
	for (const back of [1, 10, 150, 1000]) {
		const then = now - back * second;
		t.false(hasExpired(expiresAt, createdAt, then, timeouts));
		t.is(isTouchDue(expiresAt, createdAt, then, timeouts), back >= 10, `${back} seconds`);
		t.true(nextExpiry(createdAt, then, timeouts) < expiresAt);
	}
});

test('when a session was last seen follows from its expiry, but is not before its creation', t => {
	const expiresAt = nextExpiry(createdAt, createdAt + 60 * second, timeouts);
	t.is(lastSeen(expiresAt, session, timeouts), createdAt + 60 * second);
	t.is(lastSeen(expiresAt, session, {...timeouts, idleTimeout: 1e9}), createdAt);
});

test('in the last idle timeout, uses are due to be written, as rarely as extensions', t => {
	const end = createdAt + timeouts.absoluteTimeout;
	const capped = end - timeouts.idleTimeout;
	const due = (at: number, seenAt?: number) => dueUse(end, {...session, seenAt}, at, timeouts);
	t.is(due(capped), undefined);
	t.is(due(capped + timeouts.touchAfter - 1), undefined);
	t.is(due(capped + timeouts.touchAfter), capped + timeouts.touchAfter);
	const seenAt = capped + 2 * timeouts.touchAfter;
	t.is(lastSeen(end, {...session, seenAt}, timeouts), seenAt);
	t.is(due(seenAt, seenAt), undefined);
	t.is(due(seenAt - 1, seenAt), undefined);
	t.is(due(seenAt + timeouts.touchAfter - 1, seenAt), undefined);
	t.is(due(seenAt + timeouts.touchAfter, seenAt), seenAt + timeouts.touchAfter);
	t.is(dueUse(end, {...session, seenAt}, seenAt, {...timeouts, touchAfter: 0}), undefined);
});

test('property: never beyond idle or absolute timeout, and as late as both allow', t => {
	fc.assert(
		fc.property(anyTimeouts, anyAge, (given, age) => {
			const now = createdAt + age;
			const next = nextExpiry(createdAt, now, given);
			const [idle, absolute] = [now + given.idleTimeout, createdAt + given.absoluteTimeout];
			return next <= idle && next <= absolute && (next === idle || next === absolute);
		}),
	);
	t.pass();
});

test('property: a later use never brings the end nearer', t => {
	fc.assert(
		fc.property(anyTimeouts, anyAge, anyAge, (given, age, later) => {
			const now = createdAt + age;
			return nextExpiry(createdAt, now + later, given) >= nextExpiry(createdAt, now, given);
		}),
	);
	t.pass();
});

test('property: an extension just made is not due again, and one that is due moves the end', t => {
	fc.assert(
		fc.property(anyTimeouts, anyAge, anyAge, (given, age, later) => {
			const expiresAt = nextExpiry(createdAt, createdAt + age, given);
			const now = createdAt + age + later;
			const isDue = isTouchDue(expiresAt, createdAt, now, given);
			const isCapped = expiresAt === createdAt + given.absoluteTimeout;
			return isCapped || isDue === (later >= given.touchAfter && nextExpiry(createdAt, now, given) > expiresAt);
		}),
	);
	t.pass();
});

test('property: a session that is extended in time lives until the absolute timeout, and no longer', t => {
	fc.assert(
		fc.property(anyTimeouts, fc.array(fc.double({min: 0, max: 0.999, noNaN: true}), {maxLength: 50}), (given, uses) => {
			let now = createdAt;
			let expiresAt = nextExpiry(createdAt, now, given);
			for (const part of uses) {
				now += Math.floor(given.idleTimeout * part);
				if (hasExpired(expiresAt, createdAt, now, given))
					return now >= Math.min(expiresAt, createdAt + given.absoluteTimeout);
				if (isTouchDue(expiresAt, createdAt, now, given)) expiresAt = nextExpiry(createdAt, now, given);
				if (expiresAt <= now || expiresAt > createdAt + given.absoluteTimeout) return false;
			}

			return true;
		}),
	);
	t.pass();
});
