import type {Data} from '../session.ts';

/** The shape of a session's value, without its content. */
export type Redacted = {
	readonly name: string;
	readonly type: string;

	/** How many characters, bytes or items it has. Absent: it is no text, bytes or collection. */
	readonly size?: number;
};

/** Describes what a session holds without showing any of it. */
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
