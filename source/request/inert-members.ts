import {SessionError, type SessionErrorCode} from '../errors.ts';
import type {SessionMembers} from '../session.ts';

/** What can be read about a session. */
export type ReadableMembers = Pick<
	SessionMembers,
	'id' | 'isNew' | 'isBound' | 'createdAt' | 'lastSeenAt' | 'expiresAt'
> & {
	permanent: boolean;
	idleTimeout: number | undefined;
	absoluteTimeout: number | undefined;
	subject: string | undefined;
};

/**
Adds methods that only throw: this session can't be saved, ended or regenerated here, and has no messages. Returns `members`
itself, since a copy would call its getters.
*/
export const addInertMembers = (
	members: ReadableMembers,
	code: SessionErrorCode,
	message: string,
): Omit<SessionMembers, 'handle'> => {
	const refuse = async (): Promise<never> => {
		throw new SessionError(code, message);
	};

	const refuseNow = (): never => {
		throw new SessionError(code, message);
	};

	const later = {regenerate: refuse, save: refuse, update: refuse, destroy: refuse};
	return Object.assign(members, later, {flash: refuseNow, flashes: refuseNow});
};
