// Runs in a project that installed the packed tarball: imports every entry, and counts views over HTTP.
import {once} from 'node:events';
import {createRequire} from 'node:module';
import Koa from 'koa';
import session, {codec, json, SessionError} from 'koa-server-session';
import {flash} from 'koa-server-session/moving/flash';

const [entries, redisUrl, mongoUrl] = JSON.parse(process.argv[2]);
const require = createRequire(import.meta.url);
const names = {};
for (const entry of entries) {
	names[entry] = await import(`koa-server-session${entry.slice(1)}`).then(
		module => Object.keys(module).sort(),
		({code, message}) => [code, message.split(' imported from ')[0]],
	);
}
const loadsClients = Object.keys(require.cache).some(path => /node_modules\/(?:ioredis|kysely|mongodb)\//.test(path));

/** What a browser sees that asks twice. */
const countViews = async store => {
	const app = new Koa();
	app.keys = ['a secret of 32 characters or more'];
	app.on('error', () => {});
	app.use(session(app, {store}));
	app.use(flash());
	app.use(ctx => {
		ctx.session.views = (ctx.session.views ?? 0) + 1;
		// An entry that is bundled apart meets a session of the root.
		ctx.flash('info', 'view %d', ctx.session.views);
		ctx.body = ctx.flash().info.join();
	});
	const server = app.listen(0, '127.0.0.1');
	await once(server, 'listening');

	const url = `http://127.0.0.1:${server.address().port}`;
	const first = await fetch(url);
	const cookie = first.headers.getSetCookie()[0]?.split(';')[0] ?? '';
	const second = await fetch(url, {headers: {cookie}});
	const texts = [await first.text(), await second.text()];
	server.closeAllConnections();
	server.close();
	await store.close?.();
	return texts;
};

/** Whether an entry that is bundled apart throws the root's own errors. */
const sharesErrors = async () => {
	const {encrypt} = await import('koa-server-session/codecs/encrypt');
	try {
		return encrypt([]);
	} catch (error) {
		return error instanceof SessionError;
	}
};

/** Under which position of a list its last codec writes, which is listed twice and comes from an entry bundled apart. */
const positionOf = async make => {
	const store = new MemoryStore();
	const app = new Koa();
	app.keys = ['a secret of 32 characters or more'];
	await session(app, {store, codec: [make(), json(), make()]}).create({user: 'ada'});
	for await (const [key] of store.keys('')) return (await store.read(key)).bytes[0];
};

/** The same; or why the store's client library can't be loaded. */
const countViewsOn = store =>
	store.read('nothing').then(
		() => countViews(store),
		({code, message}) => ({code, message}),
	);

const {encrypt} = await import('koa-server-session/codecs/encrypt');
const {MemoryStore} = await import('koa-server-session/stores/memory');
const {MongoStore} = await import('koa-server-session/stores/mongodb');
const {RedisStore} = await import('koa-server-session/stores/redis');
const {SqlStore} = await import('koa-server-session/stores/sql');
console.log(
	JSON.stringify({
		node: process.versions.node.split('.')[0],
		koa: require('koa/package.json').version.split('.')[0],
		names,
		loadsClients,
		requires: typeof require('koa-server-session').default,
		sharesErrors: await sharesErrors(),
		position: await positionOf(() => codec(json(), encrypt(['an encryption key of 32 characters']))),
		memory: await countViews(new MemoryStore()),
		mongodb: await countViewsOn(new MongoStore(mongoUrl)),
		redis: await countViewsOn(new RedisStore(redisUrl)),
		sqlite: await countViewsOn(new SqlStore('sqlite::memory:')),
	}),
);
