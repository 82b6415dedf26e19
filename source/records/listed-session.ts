import type {Data} from '../session.ts';
import type {Records} from './records.ts';
import type {Trail} from './trail.ts';

/** A live session in `sessions.list()` and `sessions.all()`. */
export type ListedSession<Fields = Data> = {
	/** Names the session, such as for `destroy({handle})`. It opens no session, so a page may show it. */
	readonly handle: string;

	/** Whose session it is. */
	readonly subject: string | undefined;
	readonly createdAt: Date;

	/** When the session was last used, accurate to within `touchAfter`. */
	readonly lastSeenAt: Date;
	readonly expiresAt: Date;

	/** Whether the session is bound to a key in its user's device: see the option `deviceBound`. */
	readonly isBound: boolean;
	readonly data: Fields;
};

/**
Reads a session for a list. `undefined`: there is none, or it can't be decoded.

@param trail Follows tombstones. Without one, a session that has got a new id isn't found by its old one.
*/
export const readListed = async (records: Records, key: string, trail?: Trail): Promise<ListedSession | undefined> => {
	const stored = await (trail ? records.readNewest(key, trail) : records.read('', key));
	if (typeof stored === 'string') return undefined;

	const {data, subject, binding} = stored.open();
	stored.abort();
	return {
		handle: records.handleIn(stored.key),
		subject,
		...records.datesOf(stored),
		isBound: binding !== undefined,
		data,
	};
};
