/**
Names what a fault comes from, as far as a library names it: `ECONNREFUSED`, `WRONGPASS`, `28P01`.

A name and nothing else, since a library's own words may hold anything. `undefined` if there is none.
*/
export const reasonOf = (fault: unknown): string | undefined => {
	if (!(fault instanceof Error)) return undefined;
	const {code, name, message, cause}: Error & {readonly code?: unknown} = fault;
	// Redis and memcached begin their errors with a word in capitals.
	const [word] = /^[A-Z][A-Z_]{2,30}(?= )/.exec(message) ?? [];
	const named = [code, word, name].find(each => typeof each === 'string' && isName(each));
	return (named as string | undefined) ?? reasonOf(cause);
};

const isName = (text: string): boolean => /^\w{3,60}$/.test(text) && !generic.test(text);

/** What tells no more than that it is an error. */
const generic = /^(?:err|[a-z]*error|(?:err_)?unknown)$/i;
