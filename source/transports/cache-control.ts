import type {ServerResponse} from 'node:http';

/** Whether `Cache-Control` lets shared caches reuse a response. A lifetime alone does (RFC 9111, sections 3 and 4.2). */
export const isShared = (response: ServerResponse): boolean => {
	const control = String(response.getHeader('Cache-Control') ?? '');
	if (control === '') return false;
	return declared.test(control) || (lives.test(control) && !kept.test(control));
};

const declared = /(?:^|[\s,])(?:public|s-maxage)(?:$|[\s,=])/i;

const lives = /(?:^|[\s,])(?:max-age|stale-while-revalidate)="?0*[1-9]/i;

/** The whole response, or at least its cookies. */
const kept = /(?:^|[\s,])(?:no-store|(?:private|no-cache)(?:="[^"]*\bset-cookie\b[^"]*")?)(?:$|[\s,])/i;
