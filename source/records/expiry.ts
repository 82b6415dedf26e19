/** What decides how long a session lives and when it is extended, in milliseconds. */
export type Timeouts = {
	readonly idleTimeout: number;
	readonly absoluteTimeout: number;
	readonly touchAfter: number;
};

/** The timeouts of the options. */
export type TimeoutOptions = Timeouts & {
	/** Whether the application has set `touchAfter`. */
	readonly hasTouchAfter: boolean;
};

/** What decides how long one session lives, in milliseconds: when it began, and timeouts of its own instead of the options'. */
export type Lifetime = {
	readonly createdAt: number;
	readonly idleTimeout: number | undefined;
	readonly absoluteTimeout: number | undefined;

	/** When it was last used, where its expiry doesn't show that. A later expiry shows a later use. */
	readonly seenAt?: number | undefined;
};

/**
The timeouts of one session.

By default, `touchAfter` is a tenth of the idle timeout, of the session's own too. If the application has set it, it is
only shortened: in proportion, so that a session with a short idle timeout is extended before it ends.
*/
export const timeoutsOf = ({idleTimeout, absoluteTimeout}: Lifetime, options: TimeoutOptions): Timeouts => {
	if (idleTimeout === undefined && absoluteTimeout === undefined) return options;

	const {touchAfter, hasTouchAfter} = options;
	const own = idleTimeout ?? options.idleTimeout;
	const scaled = Math.floor((touchAfter * own) / options.idleTimeout);
	return {
		idleTimeout: own,
		absoluteTimeout: absoluteTimeout ?? options.absoluteTimeout,
		touchAfter: hasTouchAfter ? Math.min(scaled, touchAfter) : scaled,
	};
};

/** Whether two sessions, or two states of one, have different lifetimes. */
export const differInLife = (one: Lifetime, other: Lifetime): boolean =>
	one.createdAt !== other.createdAt ||
	one.idleTimeout !== other.idleTimeout ||
	one.absoluteTimeout !== other.absoluteTimeout;

/** When a session used `now` ends, in milliseconds since the epoch: the earlier of idle and absolute timeout. */
export const nextExpiry = (createdAt: number, now: number, {idleTimeout, absoluteTimeout}: Timeouts): number =>
	Math.min(now + idleTimeout, createdAt + absoluteTimeout);

/**
Whether an extension is due.

That depends on the time since the last extension, which was one idle timeout before `expiresAt`. It is also due if the
timeouts have become shorter, so that the record would live too long.
*/
export const isTouchDue = (expiresAt: number, createdAt: number, now: number, timeouts: Timeouts): boolean =>
	nextExpiry(createdAt, now, timeouts) !== expiresAt &&
	Math.abs(now + timeouts.idleTimeout - expiresAt) >= timeouts.touchAfter;

/** The expiry of a session that is extended now; `undefined` if no extension is due. */
export const dueExpiry = (
	expiresAt: number,
	{createdAt}: Lifetime,
	now: number,
	timeouts: Timeouts,
): number | undefined =>
	isTouchDue(expiresAt, createdAt, now, timeouts) ? nextExpiry(createdAt, now, timeouts) : undefined;

/** Whether a session has ended, by its record's expiry or by its age. At exactly that millisecond, it has. */
export const hasExpired = (expiresAt: number, createdAt: number, now: number, {absoluteTimeout}: Timeouts): boolean =>
	expiresAt <= now || createdAt + absoluteTimeout <= now;

/**
When a session was last used, accurate to within `touchAfter`.

Its expiry shows that, except in the last idle timeout before the absolute timeout, when nothing is extended any more.
*/
export const lastSeen = (expiresAt: number, {createdAt, seenAt = 0}: Lifetime, {idleTimeout}: Timeouts): number =>
	Math.max(createdAt, seenAt, expiresAt - idleTimeout);

/** The time of a use that has to be written, since no expiry can show it; `undefined` if there is nothing to write. */
export const dueUse = (expiresAt: number, session: Lifetime, now: number, timeouts: Timeouts): number | undefined => {
	const {createdAt} = session;
	if (nextExpiry(createdAt, now, timeouts) === now + timeouts.idleTimeout) return undefined;
	const unseen = now - lastSeen(expiresAt, session, timeouts);
	return unseen > 0 && unseen >= timeouts.touchAfter ? now : undefined;
};

/** When a session began, was last used and ends. */
export type SessionDates = {readonly createdAt: Date; readonly lastSeenAt: Date; readonly expiresAt: Date};

/** The dates of a session that ends at `expiresAt`. */
export const datesOf = (expiresAt: number, session: Lifetime, options: TimeoutOptions): SessionDates => ({
	createdAt: new Date(session.createdAt),
	// If the timeouts have become shorter since, the expiry would show a time to come.
	lastSeenAt: new Date(Math.min(lastSeen(expiresAt, session, timeoutsOf(session, options)), Date.now())),
	expiresAt: new Date(expiresAt),
});
