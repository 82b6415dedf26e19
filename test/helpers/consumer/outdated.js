// Prints what stores and codecs say of libraries that are too old for them.

import {msgpack} from 'koa-server-session/codecs/msgpack';
import {checkUrl} from 'koa-server-session/stores/open';
import {RedisStore} from 'koa-server-session/stores/redis';
import {createClient} from 'redis';

const messageOf = run => {
	try {
		return String(run());
	} catch ({message}) {
		return message;
	}
};
console.log(
	JSON.stringify({
		'redis:': messageOf(() => checkUrl('redis://127.0.0.1')),
		'mongodb:': messageOf(() => checkUrl('mongodb://127.0.0.1')),
		'sqlite:': messageOf(() => checkUrl('sqlite::memory:')),
		'node-redis': messageOf(() => new RedisStore(createClient())),
		msgpack: messageOf(() => msgpack()),
	}),
);
