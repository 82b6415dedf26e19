import type {RequestListener} from 'node:http';
import type {Redis} from 'ioredis';

/** Makes an application to be measured, on the Redis client that all of them use. */
export type MakeApp = (redis: Redis) => RequestListener | Promise<RequestListener>;
