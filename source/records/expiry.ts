/** The options that decide how long a session lives, in milliseconds. */
export type Timeouts = {
	readonly idleTimeout: number;
	readonly absoluteTimeout: number;
	readonly touchAfter: number;
};

/** When a session that is used `now` ends, in milliseconds since the epoch: idle or absolute, the earlier of both. */
export const nextExpiry = (createdAt: number, now: number, {idleTimeout, absoluteTimeout}: Timeouts): number =>
	Math.min(now + idleTimeout, createdAt + absoluteTimeout);

/**
Tells whether an expiry is worth moving.

Measured from the last extension, which was one idle timeout before `expiresAt`. A record that outlives the options,
because they were shortened since, is due as well.
*/
export const isTouchDue = (expiresAt: number, createdAt: number, now: number, timeouts: Timeouts): boolean =>
	nextExpiry(createdAt, now, timeouts) !== expiresAt &&
	Math.abs(now + timeouts.idleTimeout - expiresAt) >= timeouts.touchAfter;

/** Tells whether a session has ended, by its record's expiry or by its age. At the very millisecond, it has. */
export const hasExpired = (expiresAt: number, createdAt: number, now: number, {absoluteTimeout}: Timeouts): boolean =>
	expiresAt <= now || createdAt + absoluteTimeout <= now;

/** When a session was last extended, as far as its expiry tells: exact to `touchAfter`. */
export const lastSeen = (expiresAt: number, createdAt: number, {idleTimeout}: Timeouts): number =>
	Math.max(createdAt, expiresAt - idleTimeout);
