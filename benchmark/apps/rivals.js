import {answer, key, maxAge} from './route.ts';

// Other session libraries. Each application loads only its own, so that it runs as it would alone.

/** koa-session with an external store, as its README shows one. */
export const koaSession = async (redis, _url, {signed = true} = {}) => {
	const {default: Koa} = await import('koa');
	const {default: session} = await import('koa-session');
	const app = new Koa();
	app.keys = [key];
	const store = {
		get: async id => JSON.parse(await redis.get(id)),
		set: (id, data, maxAge) => redis.set(id, JSON.stringify(data), 'PX', maxAge),
		destroy: id => redis.del(id),
	};
	app.use(session({store, signed, maxAge}, app));
	app.use(ctx => {
		ctx.body = answer(ctx.path, () => ctx.session);
	});
	return app;
};

/** koa-generic-session on koa-redis. */
export const koaGenericSession = async redis => {
	const {default: Koa} = await import('koa');
	const {default: session} = await import('koa-generic-session');
	const {default: redisStore} = await import('koa-redis');
	const app = new Koa();
	app.keys = [key];
	app.use(session({store: redisStore({client: redis}), cookie: {maxAge}}));
	app.use(ctx => {
		ctx.body = answer(ctx.path, () => ctx.session);
	});
	return app;
};

/** express-session on connect-redis, in Express 5. */
export const expressSession = async redis => {
	const {default: express} = await import('express');
	const {default: session} = await import('express-session');
	const app = express();
	app.disable('etag');
	const store = await connectRedis(redis);
	app.use(session({store, secret: key, resave: false, saveUninitialized: false, cookie: {maxAge}}));
	app.use((request, response) => {
		response.type('text').send(answer(request.path, () => request.session));
	});
	return app;
};

/** `@fastify/session` on connect-redis, in Fastify 5. */
export const fastifySession = async redis => {
	const {default: fastify} = await import('fastify');
	const {default: cookie} = await import('@fastify/cookie');
	const {default: session} = await import('@fastify/session');
	const app = fastify();
	const store = await connectRedis(redis);
	await app.register(cookie);
	await app.register(session, {store, secret: key, saveUninitialized: false, cookie: {maxAge, secure: false}});
	app.get('/:path', (request, reply) => {
		reply.type('text/plain').send(answer(request.url, () => request.session));
	});
	await app.ready();
	return app.routing;
};

/** connect-redis expects node-redis. This lets it use the client that all others use. */
const connectRedis = async redis => {
	const {RedisStore} = await import('connect-redis');
	const client = {
		get: key => redis.get(key),
		set: (key, value, {expiration}) => redis.set(key, value, expiration.type, expiration.value),
		expire: (key, seconds) => redis.expire(key, seconds),
		del: keys => redis.del(keys),
	};
	return new RedisStore({client});
};
