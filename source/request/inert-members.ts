import {SessionError, type SessionErrorCode} from '../errors.ts';
import type {SessionMembers} from '../session.ts';

/** What a session says of itself. */
export type SessionFacts = Pick<SessionMembers, 'id' | 'isNew' | 'expiresAt'> & {
	permanent: boolean;
	subject: string | undefined;
};

/** Members of a session whose life can't be changed here: everything that would is refused. */
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
