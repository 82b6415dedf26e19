import type {Data} from '../session.ts';

/** A live session, as `sessions.list()` shows it. */
export type ListedSession<Fields = Data> = {
	/** Names the session for `destroy({handle})`. Safe to show in a page: it opens nothing. */
	readonly handle: string;
	readonly createdAt: Date;

	/** When it was last extended: exact to `touchAfter`. */
	readonly lastSeenAt: Date;
	readonly expiresAt: Date;
	readonly data: Fields;
};
