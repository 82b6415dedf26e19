import {createHash} from 'node:crypto';
import {type Html, html} from '../html.ts';
import {tokenField} from './layout.ts';

/** The keys that sign cookies, by their fingerprints. */
export const keysPage = (keys: readonly string[], token: string): Html => html`<h1>Signing keys</h1>
<p class="lead">The newest key signs; the older ones still verify. A cookie that an older one signed is issued anew,
	with the same id.</p>
<ol class="keys">${keys.map(
	(key, index) =>
		html`<li><code>${fingerprint(key)}</code> ${index === 0 ? html`<strong>signs</strong> and verifies` : 'verifies'}</li>`,
)}</ol>
<form method="post" action="/keys/rotate">
	${tokenField(token)}
	<button>Rotate the keys now</button>
</form>
<p class="hint">The running server gets a new key at once, and nobody is logged out. It keeps the newest five; a cookie that none
	of them signed is refused.</p>
`;

/** Tells keys apart and says nothing else of them. */
const fingerprint = (key: string): string => createHash('sha256').update(key).digest('hex').slice(0, 8);
