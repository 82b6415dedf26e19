import {SessionError, type SessionErrorCode} from '../errors.ts';
import type {SessionMembers} from '../session.ts';

/** What can be read about a session. */
export type SessionFacts = Pick<
	SessionMembers,
	'id' | 'isNew' | 'isBound' | 'createdAt' | 'lastSeenAt' | 'expiresAt'
> & {
	permanent: boolean;
	idleTimeout: number | undefined;
	absoluteTimeout: number | undefined;
	subject: string | undefined;
};

/** The members of a session that can't be saved, ended or given a new id here: such calls fail. */
export const inertMembers = (
	facts: SessionFacts,
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
	return Object.assign(facts, later, {flash: refuseNow, flashes: refuseNow});
};
