import {randomUUID} from 'node:crypto';
import Koa from 'koa';
import type {MakeApp} from './app.ts';
import {answer} from './route.ts';

/**
A session by hand: one `GET`, and one `SET` where the route changes something.

No signature, no merging, no expiry but Redis's, no care for failures: the least that a session in Redis can cost.
*/
const make: MakeApp = redis =>
	new Koa()
		.use(async ctx => {
			const [, id] = /(?:^|; )sid=([^;]+)/.exec(ctx.get('cookie')) ?? [];
			const stored = id && (await redis.get(`session:${id}`));
			const data = stored ? JSON.parse(stored) : {};
			ctx.body = answer(ctx.path, () => data);
			if (ctx.path === '/read' || ctx.path === '/none') return;

			const known = id ?? randomUUID();
			if (!id) ctx.set('Set-Cookie', `sid=${known}; path=/; httponly`);
			await redis.set(`session:${known}`, JSON.stringify(data), 'PX', 3_600_000);
		})
		.callback();

export default make;
