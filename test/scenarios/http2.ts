import {once} from 'node:events';
import http2 from 'node:http2';
import type {AddressInfo} from 'node:net';
import type {ExecutionContext} from 'ava';
import Koa from 'koa';
import session, {type Store} from '../../source/index.ts';
import {type Route, type TestContext, testKeys} from '../helpers/http/app.ts';
import {onTwoStores} from '../helpers/stores/on-each-store.ts';

const start = async (t: ExecutionContext, store: Store, route: Route) => {
	const app = new Koa();
	app.keys = testKeys;
	app.silent = true;
	app.use(session(app, {store}));
	app.use(ctx => route(ctx as unknown as TestContext));
	const server = http2.createServer(app.callback()).listen(0, '127.0.0.1');
	await once(server, 'listening');
	const client = http2.connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
	t.teardown(() => {
		client.destroy();
		server.close();
	});
	return async (headers: Record<string, string>) => {
		const request = client.request({':path': '/', ...headers});
		const response = once(request, 'response');
		request.resume();
		await once(request, 'end');
		const [answer] = (await response) as [Record<string, string | string[]>];
		return answer;
	};
};

// Its stream ends before the headers are sent, as if the client were gone.
onTwoStores(
	'over HTTP/2, a response to HEAD begins a session and gives it a new id as one to GET does',
	async (t, store) => {
		const ask = await start(t, store, async ctx => {
			if (ctx.get('x-act') === 'move') await ctx.session.regenerate();
			ctx.session['views'] = Number(ctx.session['views'] ?? 0) + 1;
			ctx.set('x-views', String(ctx.session['views']));
			ctx.body = 'done';
		});
		let cookie = '';
		for (const [index, method] of ['HEAD', 'HEAD', 'GET', 'HEAD'].entries()) {
			const answer = await ask({':method': method, cookie, ...(index === 3 && {'x-act': 'move'})});
			t.is(answer['x-views'], String(index + 1));
			const [token] = [answer['set-cookie'] ?? []].flat();
			t.is(token !== undefined, index === 0 || index === 3, 'at the beginning, and for the new id');
			cookie = token?.split(';')[0] ?? cookie;
		}
	},
);

onTwoStores(
	'of two spellings of a header in `writeHead()`, the last one counts, as without a session',
	async (t, store) => {
		const ask = await start(t, store, ctx => {
			ctx.session['views'] = 1;
			ctx.respond = false;
			ctx.res.writeHead(200, {'content-length': '7', 'Content-Length': '5'});
			ctx.res.end('hello');
		});
		t.is((await ask({}))['content-length'], '5');
	},
);
