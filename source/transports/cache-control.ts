import type {ServerResponse} from 'node:http';

/**
Whether `Cache-Control` and `Expires` let shared caches reuse a response: a lifetime alone does (RFC 9111, sections 3 and 4.2).

Without `Cache-Control` they don't: a response with a token gets one that protects the token.
*/
export const isShared = (response: ServerResponse): boolean => {
	const control = String(response.getHeader('Cache-Control') ?? '');
	if (control === '') return false;
	if (declared.test(control)) return true;
	if (kept.test(control)) return false;
	return lives.test(control) || (!/\bmax-age=/i.test(control) && isLater(response.getHeader('Expires')));
};

const isLater = (date: unknown): boolean => Date.parse(String(date)) > Date.now();

const declared = /(?:^|[\s,])(?:public|s-maxage)(?:$|[\s,=])/i;

const lives = /(?:^|[\s,])(?:max-age|stale-while-revalidate)="?0*[1-9]/i;

/** The whole response, or at least its cookies. */
const kept = /(?:^|[\s,])(?:no-store|(?:private|no-cache)(?:="[^"]*\bset-cookie\b[^"]*")?)(?:$|[\s,])/i;
