import {type Html, html} from '../html.ts';
import type {Picture} from '../inspection.ts';

/** As much of a record as one looks at. */
const mostBytes = 600;

/** What a codec is called. */
export const codecNames = {json: 'JSON', encrypted: 'encrypted MessagePack'} as const;

/** Shows what a record is made of: as text where the codec writes text, else as hexadecimal numbers. */
export const bytesView = ({bytes, codec}: Picture, label: string): Html =>
	html`<pre tabindex="0" role="region" aria-label="${label}">${codec === 'json' ? text(bytes) : hexadecimal(bytes)}${
		bytes.length > mostBytes && html` … and ${bytes.length - mostBytes} more`
	}</pre>`;

const text = (bytes: Uint8Array): Html =>
	html`<mark>${hex(bytes.subarray(0, 1))}</mark> ${new TextDecoder().decode(bytes.subarray(1, mostBytes))}`;

/** The byte of the codec, that of the format, the id of the key, and what nobody can read without it. */
const hexadecimal = (bytes: Uint8Array): Html =>
	html`<mark>${hex(bytes.subarray(0, 1))}</mark> ${hex(bytes.subarray(1, 2))} <mark>${hex(bytes.subarray(2, 6))}</mark> ${hex(bytes.subarray(6, mostBytes))}`;

const hex = (bytes: Uint8Array): string => Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join(' ');

/** What is marked. */
export const bytesLegend = html`<p class="hint">Marked: the byte of the codec, and the id of the key. Behind it come 12 random bytes,
	the encrypted ones, and 16 that prove nobody changed them.</p>`;
