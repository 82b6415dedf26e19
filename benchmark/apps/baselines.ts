import {randomUUID} from 'node:crypto';
import Koa from 'koa';
import {answer, maxAge, type RedisLike, start} from './route.ts';

/** Koa without sessions: the least that a request can cost. */
export const koa = (): Koa => {
	const data = {...start};
	return new Koa().use(ctx => {
		ctx.body = answer(ctx.path, () => data);
	});
};

/** How a session by hand knows what to save: by comparing texts, or because it knows which routes change the session. */
export type Save = 'what differs' | 'by route';

/** A session by hand: no signature, no merging, no expiry except that of Redis, and failures aren't handled. */
export const byHand =
	(save: Save) =>
	(redis: RedisLike): Koa =>
		new Koa().use(async ctx => {
			const [, id] = /(?:^|; )sid=([^;]+)/.exec(ctx.get('cookie')) ?? [];
			const stored = id && (await redis.get(`session:${id}`));
			const data = stored ? JSON.parse(stored) : {};
			ctx.body = answer(ctx.path, () => data);
			if (save === 'by route' && (ctx.path === '/read' || ctx.path === '/none')) return;

			const text = JSON.stringify(data);
			if (save === 'what differs' && text === (stored ?? '{}')) return;

			const known = id ?? randomUUID();
			if (!id) ctx.set('Set-Cookie', `sid=${known}; path=/; httponly`);
			await redis.set(`session:${known}`, text, 'PX', maxAge);
		});

/** The least that a session in Redis can cost: one `GET`, and one `SET` if the route changes something. */
export const leastByHand = byHand('by route');
