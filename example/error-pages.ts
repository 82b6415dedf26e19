import Koa, {type Middleware} from 'koa';
import {SessionError} from '../source/index.ts';
import {type Html, html} from './html.ts';
import {frame} from './pages/layout.ts';

type Advice = {readonly title: string; readonly text: string};

const advice: Readonly<Record<number, Advice>> = {
	403: {
		title: 'This form has expired',
		text: 'Its session has ended, perhaps because you logged in or out in another tab. Open the page again and resend the form.',
	},
	404: {title: 'Page not found', text: 'Check the address for typing errors.'},
	409: {title: 'Your session has changed', text: 'Another tab changed it at the same time. Open the page again.'},
	422: {title: 'That didn’t work', text: 'A field of the form has an unexpected value. Go back and check it.'},
	503: {
		title: 'Your session is not available right now',
		text: 'The session store doesn’t answer. Nothing is lost: your cookie stays as it is, and you will still be logged in. Please try again in a moment.',
	},
};

const unknown: Advice = {title: 'Something went wrong', text: 'Your last change was not saved. Please try again.'};

/** Says what failed and what to do. It uses no session, since that may be what failed. */
const errorPage = (status: number): Html => {
	const {title, text} = advice[status] ?? unknown;
	return frame(
		title,
		html`<main class="failure" id="main" tabindex="-1">
	<p class="status">${status}</p>
	<h1>${title}</h1>
	<p class="lead">${text}</p>
	<p><a class="button" href="/">Go to the first page</a></p>
</main>`,
	);
};

/** Responds to errors with a page, and reports those that are the server's fault. */
export const showErrors: Middleware = async (ctx, next) => {
	try {
		await next();
		if (ctx.status >= 400 && !ctx.body) ctx.throw(ctx.status);
	} catch (error) {
		const isKnown = error instanceof Koa.HttpError || error instanceof SessionError;
		const status = isKnown ? error.status : 500;
		if (status >= 500) ctx.app.emit('error', error, ctx);
		if (status === 503) ctx.set('Retry-After', '5');
		ctx.status = status;
		ctx.type = 'html';
		ctx.body = String(errorPage(status));
	}
};
