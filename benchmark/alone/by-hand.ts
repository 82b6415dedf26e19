import {randomUUID} from 'node:crypto';
import Koa from 'koa';
import {answer} from '../apps/route.ts';
import {Alone} from './alone.ts';

/** Whether the lines write what differs from what they read, or know which routes change something. */
export type Save = 'what differs' | 'by route';

/** A session by hand: no signature, no merging, no expiry, no care for failures. */
export const byHand = (save: Save) => (): Alone => {
	const records = new InstantRecords();
	return new Alone(
		new Koa().use(async ctx => {
			const [, id] = /(?:^|; )sid=([^;]+)/.exec(ctx.get('cookie')) ?? [];
			const stored = id && (await records.get(`session:${id}`));
			const data = stored ? JSON.parse(stored) : {};
			ctx.body = answer(ctx.path, () => data);
			if (save === 'by route' && (ctx.path === '/read' || ctx.path === '/none')) return;

			const text = JSON.stringify(data);
			if (text === (stored ?? '{}')) return;

			const known = id ?? randomUUID();
			if (!id) ctx.set('Set-Cookie', `sid=${known}; path=/; httponly`);
			await records.set(`session:${known}`, text);
		}),
	);
};

/** Asynchronous, as anything is where sessions are kept. */
class InstantRecords {
	readonly #records = new Map<string, string>();

	async get(key: string): Promise<string | undefined> {
		return this.#records.get(key);
	}

	async set(key: string, text: string): Promise<void> {
		this.#records.set(key, text);
	}
}
