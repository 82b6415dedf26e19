import {type Html, html} from '../html.ts';
import {frame} from './layout.ts';

type Advice = {readonly title: string; readonly text: string};

const advice: Readonly<Record<number, Advice>> = {
	403: {
		title: 'This form is out of date',
		text: 'It belongs to a session that has ended, perhaps because you logged in or out in another tab. Open the page again and send it once more.',
	},
	404: {title: 'There is no such page', text: 'Perhaps the address has a typing error.'},
	409: {title: 'Your session has changed meanwhile', text: 'Another tab was faster. Open the page again.'},
	422: {title: 'That can’t be done', text: 'A field holds something that we did not expect. Go back and look again.'},
	503: {
		title: 'We can’t reach your session right now',
		text: 'The session store doesn’t answer. Nothing is lost: your cookie stays as it is, so you will still be logged in. Please try again in a moment.',
	},
};

const unknown: Advice = {title: 'Something went wrong', text: 'What you did last was not saved. Please try again.'};

/** What became of a request that failed, and what to do. Knows of no session, since that may be what failed. */
export const errorPage = (status: number): Html => {
	const {title, text} = advice[status] ?? unknown;
	return frame(
		title,
		html`<main class="failure" id="main" tabindex="-1">
	<p class="status">${status}</p>
	<h1>${title}</h1>
	<p class="lead">${text}</p>
	<p><a class="button" href="/">To the first page</a></p>
</main>`,
	);
};
