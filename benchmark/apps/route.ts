/** What every session holds at first: about 0.2 kB, as after a login. */
export const start = {
	user: {id: 4711, name: 'Ada Lovelace', roles: ['admin', 'editor']},
	locale: 'en-GB',
	theme: 'dark',
	views: 0,
};

/** Signs everybody's cookies. */
export const key = 'a benchmark needs a key of 32 characters too';

const page = 'x'.repeat(1024);

type Visit = {views?: number};

/** The same work for all, whatever holds the session. `lend` isn't called where the route needs no session. */
export const answer = (path: string, lend: () => Visit): string => {
	if (path === '/none') return `0 ${page}`;

	const session = lend();
	if (path === '/start') Object.assign(session, start);
	if (path === '/change') session.views = (session.views ?? 0) + 1;
	return `${session.views ?? 0} ${page}`;
};
