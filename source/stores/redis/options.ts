import type {NearCacheOptions} from './near-cache.ts';

/** Options of a `RedisStore`. */
export type RedisStoreOptions = {
	/**
	Keeps copies of the records that were read, of which Redis says when they change: a page that asks ten times within a
	moment costs one `GET`.

	A request then begins with a copy. What another process writes, the end of a session included, is seen as soon as Redis's
	message arrives, usually within milliseconds; if the connection hangs, after 1.2 seconds, and in any case after `maxAge`.
	What a request writes is compared with the newest state as ever, so nothing is lost, and no session that has ended comes
	back. `sessions.isAlive()` always asks Redis.

	Needs ioredis, and one server or sentinels, not a cluster. It opens two more connections, which `close()` ends. They don't
	keep the process alive.

	@default false
	*/
	readonly nearCache?: boolean | NearCacheOptions;
};
