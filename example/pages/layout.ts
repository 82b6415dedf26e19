import {type Html, html} from '../html.ts';
import {password} from '../login.ts';
import type {Visit} from '../visit.ts';

/** What a page consists of. */
export type LayoutOptions = {
	readonly title: string;
	readonly path: string;
	readonly session: Visit;

	/** What the last form did. */
	readonly messages: readonly string[];
	readonly main: Html;
	readonly panel: Html;
};

const places = [
	{path: '/', name: 'Views'},
	{path: '/shop', name: 'Shop'},
	{path: '/account', name: 'Account'},
	{path: '/devices', name: 'Devices'},
	{path: '/codec', name: 'Codec'},
	{path: '/keys', name: 'Keys'},
	{path: '/operator', name: 'Operator'},
];

/** A whole page: the content on the left, what just happened on the right. */
export const layout = ({title, path, session, messages, main, panel}: LayoutOptions): Html =>
	frame(
		title,
		html`<header class="top">
	<a class="brand" href="/"><img src="/icon.svg" alt="" width="28" height="28">koa-server-session</a>
	<nav aria-label="Pages">
		<ul>${places.map(place => html`<li><a href="${place.path}"${place.path === path && current}>${place.name}</a></li>`)}</ul>
	</nav>
	${visitor(session)}
</header>
<div class="columns">
	<main id="main" tabindex="-1">
		${messages.map(message => html`<p class="notice" role="status">${message}</p>`)}
		${main}
	</main>
	${panel}
</div>`,
	);

/** The frame of every page, including those without a session. */
export const frame = (title: string, body: Html): Html => html`<!doctype html>
<html lang="en">
<head>
	<meta charset="utf-8">
	<meta name="viewport" content="width=device-width, initial-scale=1">
	<meta name="color-scheme" content="light dark">
	<title>${title} · koa-server-session</title>
	<link rel="icon" href="/icon.svg">
	<link rel="stylesheet" href="/style.css">
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
${body}
</body>
</html>
`;

/** The token that every form carries. */
export const tokenField = (token: string): Html => html`<input type="hidden" name="token" value="${token}">`;

/** The attributes of a field with a wrong value. */
export const invalid: Html = html` aria-invalid="true" aria-errormessage="problem"`;

/** Says the password, as no real page does. */
export const passwordHint: Html = html`<p class="hint" id="hint">It is <code>${password}</code> for everyone but the operator.</p>`;

const current = html` aria-current="page"`;

const visitor = ({user, formToken}: Visit): Html =>
	user === undefined || formToken === undefined
		? html`<p class="visitor">Not logged in</p>`
		: html`<form class="visitor" method="post" action="/logout">
		${tokenField(formToken)}
		<span>Logged in as <strong>${user}</strong></span>
		<button class="quiet">Log out</button>
	</form>`;
