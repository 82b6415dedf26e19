import {type Html, html} from '../html.ts';
import type {Inspection, Picture} from '../inspection.ts';
import type {StoreCall} from '../observed-store.ts';
import type {Step} from '../trail.ts';
import {bytesLegend, bytesView, codecNames} from './bytes.ts';

/** What the panel shows. */
export type Happenings = {
	readonly current: Step | undefined;
	readonly before: readonly Step[];
	readonly found: Inspection | undefined;
};

/** A look behind the scenes: what the request cost, and what the browser and the store hold. */
export const happeningsPanel = ({
	current,
	before,
	found,
}: Happenings): Html => html`<aside class="panel" aria-labelledby="happened">
<h2 id="happened">What just happened</h2>
<section id="cost" aria-labelledby="cost-title">
	<h3 id="cost-title">What it cost</h3>
	${current && html`<p><code>${current.method} ${current.path}</code>, this page: ${cost(current.calls)}.</p>`}
	${before.length > 0 && history(before)}
</section>
${found ? html`${cookie(found)}${record(found.record)}${found.former && former(found.former, found.record)}` : nothing}
</aside>`;

const cost = (calls: readonly StoreCall[]): Html => {
	const reads = calls.filter(call => call === 'read' || call === 'list').length;
	const writes = calls.length - reads;
	return html`<strong>${count(reads, 'read')}, ${count(writes, 'write')}</strong>${calls.length > 0 && ` (${inShort(calls)})`}`;
};

/** The calls in their order. A page about all sessions reads each of them. */
const inShort = (calls: readonly StoreCall[]): string => {
	const groups: {call: StoreCall; times: number}[] = [];
	for (const call of calls) {
		const last = groups.at(-1);
		if (last?.call === call) last.times++;
		else groups.push({call, times: 1});
	}
	return groups.map(({call, times}) => (times === 1 ? call : `${call} × ${times}`)).join(', ');
};

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;

const history = (steps: readonly Step[]): Html => html`<table>
	<caption>Earlier requests, newest first</caption>
	<thead><tr><th scope="col">Request</th><th scope="col">Status</th><th scope="col">Store</th><th scope="col">Cookie</th></tr></thead>
	<tbody>${steps.map(
		({method, path, status, calls, cookie}) => html`<tr>
		<th scope="row">${method} ${path}</th>
		<td>${status}</td>
		<td>${calls.length > 0 ? inShort(calls) : 'nothing'}</td>
		<td>${cookie}</td>
	</tr>`,
	)}</tbody>
</table>`;

const cookie = ({
	cookie: {name, id, signature, attributes},
	isBound,
}: Inspection): Html => html`<section id="cookie" aria-labelledby="cookie-title">
	<h3 id="cookie-title">In the cookie</h3>
	<p class="token"><code>${name}=<mark>${id}</mark>.${signature}</code></p>
	<dl>
		<dt>Id</dt><dd>32 random bytes, of which 6 are shown</dd>
		<dt>Signature</dt><dd>HMAC-SHA-256, shortened as well</dd>
		${isBound && html`<dt>Device</dt><dd>the session is bound to a key in it, and this request is proved by that key: <a href="/steal">steal this cookie</a></dd>`}
		<dt>Sent now</dt><dd>${attributes ? html`<code>${attributes.join('; ')}</code>` : 'no: the browser’s cookie is still valid'}</dd>
	</dl>
</section>`;

const record = (record: Inspection['record']): Html => html`<section id="record" aria-labelledby="record-title">
	<h3 id="record-title">In the store</h3>
	<dl>
		<dt>Key</dt><dd><code>${record.key}</code>, made from a hash of the id</dd>
		<dt>Version</dt><dd><code>${record.version}</code></dd>
		<dt>Expires</dt><dd><time datetime="${record.expiresAt.toISOString()}">${record.expiresAt.toUTCString()}</time></dd>
		${size(record)}
	</dl>
	${record.codec === 'encrypted' && bytesLegend}
	${bytesView(record, 'The record’s bytes')}
</section>`;

const former = (picture: Picture, record: Picture): Html => html`<section id="former" aria-labelledby="former-title">
	<h3 id="former-title">Before it was rewritten</h3>
	<dl>${size(picture)}</dl>
	${picture.codec === 'encrypted' && record.codec !== 'encrypted' && bytesLegend}
	${bytesView(picture, 'The bytes before')}
</section>`;

const size = ({bytes, codec}: Picture): Html =>
	html`<dt>Size</dt><dd>${count(bytes.length, 'byte')}: one that names the codec (${bytes[0] ?? 0}), then ${codec ? codecNames[codec] : 'those of an unknown codec'}</dd>`;

const nothing = html`<section id="cookie" aria-labelledby="nothing-title">
	<h3 id="nothing-title">In the cookie and in the store</h3>
	<p>Nothing: this session holds no data yet.</p>
</section>`;
