import {createHash} from 'node:crypto';
import {type CodecName, keyId} from '../codecs.ts';
import {type Html, html} from '../html.ts';
import {tokenField} from './layout.ts';

/** What there is to tell of keys. */
export type KeysPageOptions = {
	readonly signing: readonly string[];
	readonly encryption: readonly string[];

	/** The codec that writes. */
	readonly codec: CodecName;
	readonly token: string;
};

/** The keys that sign cookies and those that encrypt sessions, by their fingerprints. */
export const keysPage = ({signing, encryption, codec, token}: KeysPageOptions): Html => html`<h1>Keys</h1>
<p class="lead">Each kind rotates on the running server, and nobody is logged out. It keeps the newest five; what none of
	them made is refused.</p>
<h2>Signing keys</h2>
<p class="hint">The newest key signs; the older ones still verify. A cookie that an older one signed is issued anew, with the
	same id.</p>
<ol class="keys" id="signing">${signing.map((key, index) => item(fingerprint(key), index, 'signs', 'verifies'))}</ol>
${rotateForm('signing', token)}
<h2>Encryption keys</h2>
<p class="hint">${
	codec === 'json'
		? html`No record is encrypted now, since the codec is JSON. <a href="/codec">Switch the codec</a> first.`
		: 'The newest key encrypts; the older ones still decrypt. A record that an older one encrypted is written anew, as the panel shows: it begins with the id of its key.'
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

/** Tells keys apart and says nothing else of them. */
const fingerprint = (key: string): string => createHash('sha256').update(key).digest('hex').slice(0, 8);
