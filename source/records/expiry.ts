/** The options that decide how long a session lives, in milliseconds. */
export type Timeouts = {
	readonly idleTimeout: number;
	readonly absoluteTimeout: number;
	readonly touchAfter: number;
};

/** When a session used `now` ends, in milliseconds since the epoch: the earlier of idle and absolute timeout. */
export const nextExpiry = (createdAt: number, now: number, {idleTimeout, absoluteTimeout}: Timeouts): number =>
	Math.min(now + idleTimeout, createdAt + absoluteTimeout);

/**
Whether an extension is due.

That depends on the time since the last extension, which was one idle timeout before `expiresAt`. It is also due if the
timeouts have become shorter, so that the record would live too long.

`Records.dueExpiry()` asks this, `RequestSession.expiryOf()` limits the answer to the cookie's life, and `commit()` writes
it.
*/
export const isTouchDue = (expiresAt: number, createdAt: number, now: number, timeouts: Timeouts): boolean =>
	nextExpiry(createdAt, now, timeouts) !== expiresAt &&
	Math.abs(now + timeouts.idleTimeout - expiresAt) >= timeouts.touchAfter;

/** Whether a session has ended, by its record's expiry or by its age. At exactly that millisecond, it has. */
export const hasExpired = (expiresAt: number, createdAt: number, now: number, {absoluteTimeout}: Timeouts): boolean =>
	expiresAt <= now || createdAt + absoluteTimeout <= now;

/** When a session was last used, as its expiry shows it: exact to `touchAfter`. */
export const lastSeen = (expiresAt: number, createdAt: number, {idleTimeout}: Timeouts): number =>
	Math.max(createdAt, expiresAt - idleTimeout);
