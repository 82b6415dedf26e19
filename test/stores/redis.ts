import {randomUUID} from 'node:crypto';
import {Redis} from 'ioredis';
import {RedisStore} from '../../source/stores/redis.ts';
import {conforms, realTime} from '../helpers/conforms.ts';
import {redisUrl} from '../helpers/redis.ts';

conforms(
	async t => {
		const client = new Redis(await redisUrl(), {keyPrefix: `${randomUUID()}:`});
		t.teardown(() => client.disconnect());
		return new RedisStore(client);
	},
	{keeps: true, bySubject: true},
	{time: realTime()},
);
