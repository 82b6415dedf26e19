import type {CodecFile, CodecName} from '../codecs.ts';
import {type Html, html} from '../html.ts';
import {codecNames} from './bytes.ts';
import {tokenField} from './layout.ts';

/** Which codecs there were, and a switch. */
export const codecPage = (
	{names, newest, isFull}: CodecFile,
	token: string,
): Html => html`<h1>A codec makes sessions into bytes</h1>
<p class="lead">Change it while people are logged in: nobody is logged out. “In the store” shows your own record, before and
	after.</p>
<ol class="keys">${names.map(
	(name, index) =>
		html`<li>${codecNames[name]} ${index === names.length - 1 ? html`<strong>writes</strong> and reads` : 'reads what it wrote'}</li>`,
)}</ol>
${isFull ? html`<p class="hint">The list is full: the byte that counts codecs ends here.</p>` : switchForm(newest, token)}
<p class="hint">Each record begins with one byte, the place in this list of the codec that wrote it. Whoever comes back is
	moved over by that very request. Going back is one entry more, so the list grows at its end, and nothing in it moves.</p>
<h2>In an application of your own</h2>
<p>The list stands in your code, and a switch is a deployment with one entry more:</p>
<pre class="code" tabindex="0" role="region" aria-label="The option of this moment"><code>session(app, {store, codec: [
${names.map(name => html`	${inCode[name]},\n`)}]})</code></pre>
<ul class="hints">
	<li>While old and new processes run side by side, an old one takes a session that a new one has moved for none. It leaves
		the record and the cookie as they are. So end the old ones soon.</li>
	<li>As long as JSON is in the list, whoever can write to the store can plant a session in plain text. Once all sessions of
		that codec have ended, put the encrypting one in its place too.</li>
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
