import {createHash} from 'node:crypto';
import {type CodecName, keyId} from '../codecs.ts';
import {type Html, html} from '../html.ts';
import {tokenField} from './layout.ts';

/** What the page shows. */
export type KeysPageOptions = {
	readonly signing: readonly string[];
	readonly encryption: readonly string[];

	/** The codec that writes. */
	readonly codec: CodecName;
	readonly token: string;
};

/** The fingerprints of the keys that sign cookies and of those that encrypt sessions. */
export const keysPage = ({signing, encryption, codec, token}: KeysPageOptions): Html => html`<h1>Keys</h1>
<p class="lead">You can rotate both kinds while the server runs, and nobody is logged out. The server keeps the newest
	five of each. Anything made with another key is refused.</p>
<h2>Signing keys</h2>
<p class="hint">The newest key signs, and older keys still verify. A cookie signed with an older key is reissued with
	the same id.</p>
<ol class="keys" id="signing">${signing.map((key, index) => item(fingerprint(key), index, 'signs', 'verifies'))}</ol>
${rotateForm('signing', token)}
<h2>Encryption keys</h2>
<p class="hint">${
	codec === 'json'
		? html`Records are not encrypted now, because the codec is JSON. <a href="/codec">Switch the codec</a> first.`
		: 'The newest key encrypts, and older keys still decrypt. A record encrypted with an older key is rewritten. The panel shows it: a record begins with the id of its key.'
}</p>
<ol class="keys" id="encryption">${encryption.map((key, index) => item(keyId(key), index, 'encrypts', 'decrypts'))}</ol>
${rotateForm('encryption', token)}
`;

const item = (name: string, index: number, newest: string, all: string): Html =>
	html`<li><code>${name}</code> ${index === 0 && html`<strong>${newest}</strong> and `}${all}</li>`;

const rotateForm = (
	kind: 'signing' | 'encryption',
	token: string,
): Html => html`<form method="post" action="/keys/rotate">
	${tokenField(token)}
	<input type="hidden" name="kind" value="${kind}">
	<button>Rotate the ${kind} keys now</button>
</form>`;

/** Distinguishes keys and reveals nothing else about them. */
const fingerprint = (key: string): string => createHash('sha256').update(key).digest('hex').slice(0, 8);
