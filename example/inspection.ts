import {createHash} from 'node:crypto';
import type {Store} from '../source/index.ts';
import type {VisitContext} from './visit.ts';

/** What the browser holds and what the store holds, as far as a page may show it. */
export type Inspection = {
	readonly cookie: {
		readonly name: string;
		readonly id: string;
		readonly signature: string;

		/** As in this very answer; `undefined` if it sends no cookie. */
		readonly attributes: readonly string[] | undefined;
	};
	readonly record: {
		readonly key: string;
		readonly size: number;
		readonly version: string;
		readonly expiresAt: Date;

		/** The first byte: which codec of the list wrote the others. */
		readonly codec: number;
		readonly text: string;
	};
};

/** Looks at a session that is stored; `undefined` if it isn't. @param store The store itself, whose calls nobody counts. */
export const inspect = async (ctx: VisitContext, store: Store): Promise<Inspection | undefined> => {
	if (ctx.session.isNew) return undefined;

	const key = `session:${createHash('sha256').update(ctx.session.id).digest('base64url')}`;
	const record = await store.read(key);
	if (!record) return undefined;

	const [sent, ...attributes] = [ctx.res.getHeader('Set-Cookie') ?? []].flat().join().split('; ');
	const token = sent ? sent.slice('sid='.length) : (ctx.cookies.get('sid', {signed: false}) ?? '');
	const [id = '', signature = ''] = token.split('.');
	const {bytes, version, expiresAt} = record;
	return {
		cookie: {name: 'sid', id: shorten(id), signature: shorten(signature), attributes: sent ? attributes : undefined},
		record: {
			key: shorten(key, 'session:'.length + 8),
			size: bytes.length,
			version: shorten(version, 12),
			expiresAt: new Date(expiresAt),
			codec: bytes[0] ?? 0,
			text: new TextDecoder().decode(bytes.subarray(1)),
		},
	};
};

/** Whoever looks over one's shoulder sees too little to use. */
const shorten = (text: string, length = 8): string => (text.length > length ? `${text.slice(0, length)}…` : text);
