import {type Html, html} from '../html.ts';
import type {Copy} from '../theft.ts';

/** Gives the visitor a copy of the cookies, to try in another client. */
export const stealPage = (copy: Copy | undefined): Html => html`<h1>Steal this cookie</h1>
${copy ? theft(copy) : unbound}
`;

const theft = ({
	command,
	deadAt,
}: Copy): Html => html`<p class="lead">This is what malware would copy. Run it in a terminal: it
says “Hello”, as you are logged in there too.</p>
<pre id="copy"><code>${command}</code></pre>
<p>From <time id="dead" datetime="${deadAt.toISOString()}">${deadAt.toUTCString()}</time> on, the same command says “Log in”. Your
browser goes on: it proves its key again, and gets another proof. Reload this page then, to see both.</p>
<p class="hint">Before that, the copy works from anywhere. If you log out, it is dead at once.</p>`;

const unbound = html`<p class="lead">Your session isn’t bound to this device, so a copy of its cookie would work until the
session ends.</p>
<p>Binding takes HTTPS, a login, and a browser that can do it: start the example by <code>HTTPS=1 npm start</code>, open it in
the Chromium that it names, log in, and come back.</p>`;
