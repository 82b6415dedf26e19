/** A `Set-Cookie` line, taken apart. Attributes without a value are `true`. */
export type SetCookie = {
	readonly name: string;
	readonly value: string;
	readonly attributes: Readonly<Record<string, string | true>>;
};

/** Reads a `Set-Cookie` line without forgiving anything; names of attributes as they were written. */
export const parseSetCookie = (line = ''): SetCookie => {
	const [pair = '', ...attributes] = line.split('; ');
	const [name, value] = cut(pair);
	return {name, value, attributes: Object.fromEntries(attributes.map(cut).map(([key, given]) => [key, given || true]))};
};

const cut = (pair: string): [string, string] => {
	const end = pair.indexOf('=');
	return end === -1 ? [pair, ''] : [pair.slice(0, end), pair.slice(end + 1)];
};
