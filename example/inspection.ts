import type {Store} from '../source/index.ts';
import type {CodecFile, CodecName} from './codecs.ts';
import type {FormerRecords} from './former-records.ts';
import type {VisitContext} from './visit.ts';

/** The bytes of a record, and who wrote them. */
export type Picture = {
	readonly bytes: Uint8Array;

	/** `undefined` for a codec that isn't in the list. */
	readonly codec: CodecName | undefined;
};

/** What the browser holds and what the store holds, as far as a page may show it. */
export type Inspection = {
	readonly cookie: {
		readonly name: string;
		readonly id: string;
		readonly signature: string;

		/** As in this very answer; `undefined` if it sends no cookie. */
		readonly attributes: readonly string[] | undefined;
	};
	readonly record: Picture & {
		readonly key: string;
		readonly version: string;
		readonly expiresAt: Date;
	};

	/** The record before another codec or another key wrote it anew, if somebody saw it. */
	readonly former: Picture | undefined;
};

/** What an inspection looks into. */
export type InspectionOptions = {
	/** The store itself, whose calls nobody counts. */
	readonly store: Store;
	readonly codecs: CodecFile;
	readonly formerRecords: FormerRecords;
};

/** Looks at a session that is stored; `undefined` if it isn't. */
export const inspect = async (
	ctx: VisitContext,
	{store, codecs, formerRecords}: InspectionOptions,
): Promise<Inspection | undefined> => {
	if (ctx.session.isNew) return undefined;

	const key = `session:${ctx.session.handle}`;
	const record = await store.read(key);
	if (!record) return undefined;

	const [sent, ...attributes] = [ctx.res.getHeader('Set-Cookie') ?? []].flat().join().split('; ');
	const token = sent ? sent.slice('sid='.length) : (ctx.cookies.get('sid', {signed: false}) ?? '');
	const [id = '', signature = ''] = token.split('.');
	const {bytes, version, expiresAt} = record;
	const former = formerRecords.of(key);
	return {
		cookie: {name: 'sid', id: shorten(id), signature: shorten(signature), attributes: sent ? attributes : undefined},
		record: {
			bytes,
			codec: codecs.nameOf(bytes),
			key: shorten(key, 'session:'.length + 8),
			version: shorten(version, 12),
			expiresAt: new Date(expiresAt),
		},
		former: former && {bytes: former, codec: codecs.nameOf(former)},
	};
};

/** Whoever looks over one's shoulder sees too little to use. */
const shorten = (text: string, length = 8): string => (text.length > length ? `${text.slice(0, length)}…` : text);
