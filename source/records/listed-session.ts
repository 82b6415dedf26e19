import type {Data} from '../session.ts';

/** A live session in `sessions.list()`. */
export type ListedSession<Fields = Data> = {
	/** Names the session, such as for `destroy({handle})`. It opens no session, so a page may show it. */
	readonly handle: string;
	readonly createdAt: Date;

	/** When the session was last used: exact to `touchAfter`. */
	readonly lastSeenAt: Date;
	readonly expiresAt: Date;

	/** Whether the session is bound to a key in its user's device: see the option `deviceBound`. */
	readonly isBound: boolean;
	readonly data: Fields;
};
