import {type Html, html} from '../html.ts';

/** Counts how often this visitor has seen the page. */
export const viewsPage = (views: number): Html => html`<h1>You have seen this page
	<strong class="count">${views}</strong> ${views === 1 ? 'time' : 'times'}</h1>
<p class="lead">The number is kept on the server. Your browser holds only a signed id.</p>
<p><a class="button" href="/">Once more</a></p>
<h2>Things to try</h2>
<ul class="hints">
	<li>Open this page in two tabs and reload both: every view is counted.</li>
	<li><a href="/shop">Fill a cart</a>, then <a href="/account">log in</a>: the id changes, and the cart stays.</li>
	<li>Stop the server, start it again, and reload: you are still logged in.</li>
	<li><a href="/keys">Rotate the keys</a>: the next response brings a newly signed cookie.</li>
	<li><a href="/codec">Switch the codec</a>: the store holds other bytes, and you stay logged in.</li>
	<li>Log in with a second browser, and <a href="/devices">log it out</a> from here. A fourth logs out the one that you used longest ago.</li>
	<li>Log in, wait for five minutes, and <a href="/account">delete your account</a>: first it asks for your password again.</li>
	<li>Become <a href="/operator">the operator</a>: count all sessions, and end them.</li>
	<li>Log out in one tab, and reload the other.</li>
</ul>
`;
