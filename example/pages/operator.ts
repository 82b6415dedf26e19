import {type Html, html} from '../html.ts';
import {operatorName} from '../login.ts';
import type {Statistics} from '../statistics.ts';
import {tokenField} from './layout.ts';
import {fromNow} from './time.ts';

/**
All sessions in numbers, and a button that ends them.

@param statistics `undefined` if the store can't list.
*/
export const operatorPage = (statistics: Statistics | undefined, token: string): Html => html`<h1>All sessions</h1>
${statistics ? html`${numbers(statistics)}${clearForm(token)}` : unlisted}
`;

/** The page for everybody else. */
export const nobodysOperatorPage: Html = html`<h1>Only for the operator</h1>
<p class="lead">The operator counts all sessions and can end them. To become the operator,
	<a href="/account">log in</a> as <code>${operatorName}</code>. The password is in a file on the server, which it named when it started.</p>
<p class="hint">That is how the example decides who is the operator: a person who can read its files. The password is 32 random
	bytes, so nobody guesses it, and the session that it opens ends after 15 minutes without use.</p>
`;

const numbers = ({total, loggedIn, users, visitors, oldest, nextEnd}: Statistics): Html => html`<dl id="statistics">
	<dt>Live now</dt><dd>${total}</dd>
	<dt>Logged in</dt><dd>${loggedIn}, of ${users} ${users === 1 ? 'user' : 'users'}</dd>
	<dt>Visitors</dt><dd>${visitors}</dd>
	${oldest && html`<dt>Oldest</dt><dd>began ${fromNow(oldest)}</dd>`}
	${nextEnd && html`<dt>Next to end</dt><dd>${fromNow(nextEnd)}</dd>`}
</dl>
<p class="hint">This page reads each session twice: to count it, and to look into it. The command <code>stats</code> says more.</p>`;

const clearForm = (token: string): Html => html`<h2>End them all</h2>
<p>Everybody is logged out and loses their cart, with the next click. Only this session stays.</p>
<form method="post" action="/operator/clear">
	${tokenField(token)}
	<button class="grave">End all other sessions</button>
</form>`;

const unlisted = html`<p class="notice" id="unlisted">This store can’t list its sessions. All stores except memcached can. To end all
	sessions here, replace the signing keys: then no cookie opens one.</p>`;
