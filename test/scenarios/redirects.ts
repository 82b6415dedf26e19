import {Readable} from 'node:stream';
import {setTimeout as sleep} from 'node:timers/promises';
import {type Route, startApp} from '../helpers/http/app.ts';
import {onEachStore} from '../helpers/stores/on-each-store.ts';

// Rule 10.

/** Logs in and answers in every way that an application may. */
const route: Route = ctx => {
	if (ctx.path === '/me') {
		ctx.body = String(ctx.session['user']);
		return;
	}

	ctx.session['user'] = ctx.path;
	if (ctx.path === '/redirect') ctx.redirect('/me');
	if (ctx.path === '/json') ctx.body = {next: '/me'};
	if (ctx.path === '/stream') ctx.body = Readable.from(['next: ', '/me']);
	if (ctx.path === '/empty') ctx.status = 204;
	if (ctx.path === '/web-stream') ctx.body = new Blob(['next: /me']).stream();
	if (ctx.path === '/not-modified') ctx.status = 304;
	if (ctx.path === '/refused') ctx.throw(401);
};

onEachStore('a client that follows at once sees the new data, however slow the store', async (t, store) => {
	const {client} = await startApp(t, {store}, route);
	store.around = async (operation, call) => {
		if (operation !== 'read') await sleep(30);
		return call();
	};

	const visitor = client();
	const stranger = client();
	for (const path of ['/redirect', '/json', '/stream', '/web-stream', '/empty', '/not-modified', '/refused']) {
		for (const someone of [visitor, stranger]) {
			if (someone === stranger) stranger.cookies.clear();
			await someone.get(path);
			t.is((await someone.get('/me')).body, path);
		}
	}
});

onEachStore('no byte of the answer leaves before the store has confirmed', async (t, store) => {
	const order: string[] = [];
	const {client} = await startApp(t, {store}, ctx => {
		ctx.session['user'] = 'Ada';
		ctx.body = 'done';
		const {writeHead} = ctx.res;
		ctx.res.writeHead = ((...parameters: Parameters<typeof writeHead>) => {
			order.push('headers');
			return writeHead.apply(ctx.res, parameters);
		}) as typeof writeHead;
	});
	store.around = async (operation, call) => {
		const result = await call();
		order.push(operation);
		return result;
	};

	await client().get('/');
	t.deepEqual(order, ['create', 'headers']);
});
