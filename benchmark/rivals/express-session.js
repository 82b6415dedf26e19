import {RedisStore} from 'connect-redis';
import express from 'express';
import session from 'express-session';
import {answer, key} from '../apps/route.ts';
import {asNodeRedis} from './node-redis.js';

/** express-session on connect-redis, in Express 5. */
export default redis => {
	const app = express();
	app.disable('etag');
	const store = new RedisStore({client: asNodeRedis(redis)});
	app.use(session({store, secret: key, resave: false, saveUninitialized: false, cookie: {maxAge: 3_600_000}}));
	app.use((request, response) => {
		response.type('text').send(answer(request.path, () => request.session));
	});
	return app;
};
