import cookie from '@fastify/cookie';
import session from '@fastify/session';
import {RedisStore} from 'connect-redis';
import fastify from 'fastify';
import {answer, key} from '../apps/route.ts';
import {asNodeRedis} from './node-redis.js';

/** `@fastify/session` on connect-redis, in Fastify 5. */
export default async redis => {
	const app = fastify();
	const store = new RedisStore({client: asNodeRedis(redis)});
	await app.register(cookie);
	await app.register(session, {
		store,
		secret: key,
		saveUninitialized: false,
		cookie: {maxAge: 3_600_000, secure: false},
	});
	app.get('/:path', (request, reply) => {
		reply.type('text/plain').send(answer(request.url, () => request.session));
	});
	await app.ready();
	return app.routing;
};
