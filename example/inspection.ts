import type {Store} from '../source/index.ts';
import type {CodecFile, CodecName} from './codecs.ts';
import type {FormerRecords} from './former-records.ts';
import type {VisitContext} from './visit.ts';

/** The bytes of a record, and the codec that wrote them. */
export type Picture = {
	readonly bytes: Uint8Array;

	/** `undefined` if the codec isn't in the list. */
	readonly codec: CodecName | undefined;
};

/** What the browser and the store hold, as far as a page may show it. */
export type Inspection = {
	readonly cookie: {
		readonly name: string;
		readonly id: string;
		readonly signature: string;

		/** Those of this response. `undefined` if it sends no cookie. */
		readonly attributes: readonly string[] | undefined;
	};

	/** Whether the browser has proved for this request that it still has its key. */
	readonly isBound: boolean;
	readonly record: Picture & {
		readonly key: string;
		readonly version: string;
		readonly expiresAt: Date;
	};

	/** The record before another codec or key rewrote it, if it is known. */
	readonly former: Picture | undefined;
};

/** What an inspection reads. */
export type InspectionOptions = {
	/** The store itself, whose calls aren't counted. */
	readonly store: Store;
	readonly codecs: CodecFile;
	readonly formerRecords: FormerRecords;
};

/** Inspects a session. `undefined` if it isn't stored. */
export const inspect = async (
	ctx: VisitContext,
	{store, codecs, formerRecords}: InspectionOptions,
): Promise<Inspection | undefined> => {
	if (ctx.session.isNew) return undefined;

	const key = `session:${ctx.session.handle}`;
	const record = await store.read(key);
	if (!record) return undefined;

	const lines = [ctx.res.getHeader('Set-Cookie') ?? []].flat().map(String);
	const [sent, ...attributes] = (lines.find(line => line.startsWith('sid=')) ?? '').split('; ');
	const token = sent ? sent.slice('sid='.length) : (ctx.cookies.get('sid', {signed: false}) ?? '');
	const [id = '', signature = ''] = token.split('.');
	const {bytes, version, expiresAt} = record;
	const former = formerRecords.of(key);
	return {
		cookie: {name: 'sid', id: shorten(id), signature: shorten(signature), attributes: sent ? attributes : undefined},
		isBound: ctx.session.isBound,
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

/** Someone who looks over your shoulder sees too little to use it. */
const shorten = (text: string, length = 8): string => (text.length > length ? `${text.slice(0, length)}…` : text);
