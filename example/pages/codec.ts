import type {CodecFile, CodecName} from '../codecs.ts';
import {type Html, html} from '../html.ts';
import {codecNames} from './bytes.ts';
import {tokenField} from './layout.ts';

/** The list of codecs, and a button to switch. */
export const codecPage = (
	{names, newest, isFull}: CodecFile,
	token: string,
): Html => html`<h1>A codec turns sessions into bytes</h1>
<p class="lead">You can change it while people are logged in, and nobody is logged out. “In the store” shows your own record
	before and after.</p>
<ol class="keys">${names.map(
	(name, index) =>
		html`<li>${codecNames[name]} ${index === names.length - 1 ? html`<strong>writes</strong> and reads` : 'reads what it wrote'}</li>`,
)}</ol>
${isFull ? html`<p class="hint">The list is full: one byte can’t count further.</p>` : switchForm(newest, token)}
<p class="hint">Each record begins with one byte: the position of its codec in this list. When a visitor comes back, the
	newest codec writes their record. To go back, add the old codec again: the list grows at its end, and nothing in it moves.</p>
<h2>In your application</h2>
<p>The list is part of your code. To switch, add an entry and deploy:</p>
<pre class="code" tabindex="0" role="region" aria-label="The current option"><code>session(app, {store, codec: [
${names.map(name => html`	${inCode[name]},\n`)}]})</code></pre>
<ul class="hints">
	<li>While old and new processes run side by side, an old process can’t read what a new one wrote: it sees no session, and
		leaves the record and the cookie alone. So stop the old processes soon.</li>
	<li>As long as JSON is in the list, anyone who can write to the store can plant a session in plain text. Once all sessions
		of that codec have ended, replace it in the list with the encrypting codec.</li>
</ul>
`;

const inCode: Readonly<Record<CodecName, string>> = {
	json: 'json()',
	encrypted: 'codec(msgpack(), encrypt(keys))',
};

const switchForm = (newest: CodecName, token: string): Html => {
	const other = newest === 'json' ? 'encrypted' : 'json';
	return html`<form method="post" action="/codec/switch">
	${tokenField(token)}
	<input type="hidden" name="to" value="${other}">
	<button>Switch ${newest === 'json' ? 'to' : 'back to'} ${codecNames[other]}</button>
</form>`;
};
