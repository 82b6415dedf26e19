import type {RequestListener} from 'node:http';
import type {Redis} from 'ioredis';

/** Makes an application to be measured, on the Redis client that all of them use, or on the store of the URL. */
export type MakeApp = (redis: Redis, url: string) => RequestListener | Promise<RequestListener>;
