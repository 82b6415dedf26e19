import type {SessionMiddleware} from '../source/index.ts';
import type {Visit} from './visit.ts';

/** What the store holds. */
export type Statistics = {
	/** All live sessions, including those that no codec in the list can read. */
	readonly total: number;

	/** Sessions of users who are logged in, and how many users these are. */
	readonly loggedIn: number;
	readonly users: number;

	/** Sessions of others. */
	readonly visitors: number;
	readonly oldest: Date | undefined;

	/** When the next one expires, if nobody uses it. */
	readonly nextEnd: Date | undefined;
};

/** Looks at all sessions, one read for each. In your application, cache this for a minute. */
export const statisticsOf = async (sessions: SessionMiddleware<Visit>): Promise<Statistics> => {
	const users = new Set<string>();
	let [loggedIn, visitors] = [0, 0];
	let [oldest, nextEnd]: Date[] = [];
	for await (const {subject, createdAt, expiresAt} of sessions.all()) {
		if (subject === undefined) visitors++;
		else {
			loggedIn++;
			users.add(subject);
		}
		if (!oldest || createdAt < oldest) oldest = createdAt;
		if (!nextEnd || expiresAt < nextEnd) nextEnd = expiresAt;
	}

	return {total: await sessions.count(), loggedIn, users: users.size, visitors, oldest, nextEnd};
};
