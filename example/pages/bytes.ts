import {type Html, html} from '../html.ts';
import type {Picture} from '../inspection.ts';

/** As much of a record as anyone reads. */
const mostBytes = 600;

/** The name of each codec. */
export const codecNames = {json: 'JSON', encrypted: 'encrypted MessagePack'} as const;

/** Shows the bytes of a record: as text if the codec writes text, otherwise in hexadecimal. */
export const bytesView = ({bytes, codec}: Picture, label: string): Html =>
	html`<pre tabindex="0" role="region" aria-label="${label}">${codec === 'json' ? text(bytes) : hexadecimal(bytes)}${
		bytes.length > mostBytes && html` … and ${bytes.length - mostBytes} more`
	}</pre>`;

const text = (bytes: Uint8Array): Html =>
	html`<mark>${hex(bytes.subarray(0, 1))}</mark> ${new TextDecoder().decode(bytes.subarray(1, mostBytes))}`;

/** The byte of the codec, the byte of the format, the id of the key, and the encrypted rest. */
const hexadecimal = (bytes: Uint8Array): Html =>
	html`<mark>${hex(bytes.subarray(0, 1))}</mark> ${hex(bytes.subarray(1, 2))} <mark>${hex(bytes.subarray(2, 6))}</mark> ${hex(bytes.subarray(6, mostBytes))}`;

const hex = (bytes: Uint8Array): string => Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join(' ');

/** Explains the marks. */
export const bytesLegend = html`<p class="hint">Marked are the byte of the codec and the id of the key. After them come 12 random bytes,
	the encrypted data, and 16 bytes that prove that nobody changed it.</p>`;
