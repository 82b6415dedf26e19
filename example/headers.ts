import type {Middleware} from 'koa';

const policy = [
	"default-src 'none'",
	"style-src 'self'",
	"img-src 'self'",
	"form-action 'self'",
	"base-uri 'none'",
	"frame-ancestors 'none'",
].join('; ');

/** Allows browsers only what the pages need, and forbids them to keep copies. */
export const secureHeaders: Middleware = (ctx, next) => {
	ctx.set({
		'Content-Security-Policy': policy,
		'Cross-Origin-Opener-Policy': 'same-origin',
		'Cross-Origin-Resource-Policy': 'same-origin',
		'Referrer-Policy': 'same-origin',
		'X-Content-Type-Options': 'nosniff',
		// Otherwise the back button would show old pages after a logout.
		'Cache-Control': 'no-store',
	});
	return next();
};
