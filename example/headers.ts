import type {Middleware} from 'koa';

const policy = [
	"default-src 'none'",
	"style-src 'self'",
	"img-src 'self'",
	"form-action 'self'",
	"base-uri 'none'",
	"frame-ancestors 'none'",
].join('; ');

/** Lets browsers do nothing with our pages that the pages don't need, and keep no copy of them. */
export const secureHeaders: Middleware = (ctx, next) => {
	ctx.set({
		'Content-Security-Policy': policy,
		'Cross-Origin-Opener-Policy': 'same-origin',
		'Cross-Origin-Resource-Policy': 'same-origin',
		'Referrer-Policy': 'same-origin',
		'X-Content-Type-Options': 'nosniff',
		// Or the back button would show what was on the screen before the logout.
		'Cache-Control': 'no-store',
	});
	return next();
};
