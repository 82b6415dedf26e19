/** Lets connect-redis, which is made for node-redis, use the client that all others use too. */
export const asNodeRedis = redis => ({
	get: key => redis.get(key),
	set: (key, value, {expiration}) => redis.set(key, value, expiration.type, expiration.value),
	expire: (key, seconds) => redis.expire(key, seconds),
	del: keys => redis.del(keys),
});
