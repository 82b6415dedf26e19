import type {Data} from '../session.ts';

/** A value of a session, without what it is. */
export type Redacted = {
	readonly name: string;
	readonly type: string;

	/** How many characters, bytes or items it has, if it has any. */
	readonly size?: number;
};

/** Names what a session holds, and shows none of it. */
export const redact = (data: Data): Redacted[] =>
	Object.entries(data).map(([name, value]) => ({name, ...typeOf(value)}));

const typeOf = (value: unknown): Omit<Redacted, 'name'> => {
	if (typeof value === 'string') return {type: 'text', size: value.length};
	if (typeof value !== 'object') return {type: typeof value};
	if (value === null) return {type: 'null'};
	if (Array.isArray(value)) return {type: 'array', size: value.length};
	if (value instanceof Uint8Array) return {type: 'bytes', size: value.length};
	if (value instanceof Map) return {type: 'map', size: value.size};
	if (value instanceof Set) return {type: 'set', size: value.size};
	if (value instanceof Date) return {type: 'date'};
	return {type: 'object', size: Object.keys(value).length};
};
