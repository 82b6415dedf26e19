/**
The cause of a fault, as a library names it: `ECONNREFUSED`, `WRONGPASS`, `28P01`. `undefined` if there is no name.

Only the name, because the rest of a library's message may contain anything.
*/
export const reasonOf = (fault: unknown): string | undefined => {
	if (!(fault instanceof Error)) return undefined;
	const {code, name, message, cause}: Error & {readonly code?: unknown} = fault;
	// Errors of Redis and memcached begin with a word in capitals.
	const [word] = /^[A-Z][A-Z_]{2,30}(?= )/.exec(message) ?? [];
	const named = [code, word, name].find(each => typeof each === 'string' && isName(each));
	return (named as string | undefined) ?? reasonOf(cause);
};

const isName = (text: string): boolean => /^\w{3,60}$/.test(text) && !generic.test(text);

/** Names that say only that something is an error. */
const generic = /^(?:err|[a-z]*error|(?:err_)?unknown)$/i;
