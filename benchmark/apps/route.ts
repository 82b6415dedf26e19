import type {RequestListener} from 'node:http';
import type Koa from 'koa';

/** The part of a Redis client that the applications share. */
export type RedisLike = {
	get(key: string): Promise<string | null>;
	set(key: string, text: string, unit: 'PX', milliseconds: number): Promise<unknown>;
	del(key: string): Promise<unknown>;
};

/** Makes an application to measure: on the Redis client that all of them share, or on the store of the URL. */
export type MakeApp<Client = RedisLike> = (redis: Client, url: string) => App | Promise<App>;

type App = Koa | RequestListener;

/** What every session holds at first: about 0.2 kB, as after a log-in. */
export const start = {
	user: {id: 4711, name: 'Ada Lovelace', roles: ['admin', 'editor']},
	locale: 'en-GB',
	theme: 'dark',
	views: 0,
};

/** Signs all cookies. */
export const key = 'a benchmark needs a key of 32 characters too';

/** How long all sessions live, in milliseconds. */
export const maxAge = 3_600_000;

const page = 'x'.repeat(1024);

type Visit = {views?: number};

/** The route of every application. `lend` returns the session; it isn't called if the route needs none. */
export const answer = (path: string, lend: () => Visit): string => {
	if (path === '/none') return `0 ${page}`;

	const session = lend();
	if (path === '/start') Object.assign(session, start);
	if (path === '/change') session.views = (session.views ?? 0) + 1;
	return `${session.views ?? 0} ${page}`;
};
