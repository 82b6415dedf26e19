import type {ServerResponse} from 'node:http';

/** Whether a response with `Cache-Control` lets shared caches reuse it. A lifetime alone does (RFC 9111, sections 3 and 4.2). */
export const isShared = (response: ServerResponse): boolean => {
	const control = String(response.getHeader('Cache-Control') ?? '');
	if (control === '') return false;
	if (declared.test(control)) return true;
	if (kept.test(control)) return false;
	return /\bmax-age=/i.test(control)
		? lives.test(control)
		: Date.parse(String(response.getHeader('Expires'))) > Date.now();
};

const declared = /(?:^|[\s,])(?:public|s-maxage)(?:$|[\s,=])/i;

const lives = /(?:^|[\s,])(?:max-age|stale-while-revalidate)="?0*[1-9]/i;

/** The whole response, or at least its cookies. */
const kept = /(?:^|[\s,])(?:no-store|(?:private|no-cache)(?:="[^"]*\bset-cookie\b[^"]*")?)(?:$|[\s,])/i;
