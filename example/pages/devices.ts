import {exactness, type LoggedInDevice, mostDevices} from '../devices.ts';
import {type Html, html} from '../html.ts';
import {tokenField} from './layout.ts';
import {fromNow, lastUse} from './time.ts';

/** What the page shows. */
export type DevicesPageOptions = {
	/** The device in use comes first. */
	readonly devices: readonly LoggedInDevice[];

	/** Whether the store can list by subject. */
	readonly canList: boolean;
	readonly token: string;
};

/** Where the user is logged in, with buttons to log out. */
export const devicesPage = ({devices, canList, token}: DevicesPageOptions): Html => html`<h1>Your devices</h1>
<p class="lead">You are logged in on these devices. If you don’t recognise one, log it out. It takes effect with its next click.</p>
<ul class="devices" role="list">${devices.map(device => entry(device, token))}</ul>
${notice(devices.length - 1, canList)}
${devices.length > 1 && endOthers(token)}
`;

/** The page for visitors who aren't logged in. */
export const nobodysDevicesPage: Html = html`<h1>Your devices</h1>
<p class="lead">Log in here and in another browser to see both.</p>
<p><a class="button" href="/account">Log in</a></p>
`;

const entry = (
	{handle, agent, place, isThis, isBound, times, expiresAt}: LoggedInDevice,
	token: string,
): Html => html`<li>
	${isPhone(agent) ? phone : computer}
	<div>
		<h2>${agent}${isThis && html` <span class="badge">This device</span>`}</h2>
		<p>Logged in from ${place}</p>
		<dl>
			${times && html`<dt>Created</dt><dd>${fromNow(times.createdAt)}</dd><dt>Last used</dt><dd>${lastUse(times.lastSeenAt, exactness.minutes)}</dd>`}
			${isBound && html`<dt>Bound</dt><dd>to a key in the device</dd>`}
			<dt>Expires</dt><dd>${fromNow(expiresAt)}</dd>
		</dl>
	</div>
	<form method="post" action="${isThis ? '/logout' : '/devices/end'}">
		${tokenField(token)}
		${!isThis && html`<input type="hidden" name="handle" value="${handle}">`}
		<button class="quiet">Log out<span class="unseen"> ${isThis ? 'this device' : `${agent}, ${place}`}</span></button>
	</form>
</li>`;

const notice = (others: number, canList: boolean): Html => {
	if (!canList)
		return html`<p class="notice" id="unlisted">This store can’t list sessions by user, so this page shows only this device and
	can’t log out others. All stores except memcached can.</p>`;
	return others === 0
		? html`<p class="hint">There is no other device. Log in with another browser as the same user, and reload.</p>`
		: html`<p class="hint">There can be ${mostDevices}. One more login logs out the device that you used longest ago.</p>`;
};

const endOthers = (token: string): Html => html`<form method="post" action="/devices/end-others">
	${tokenField(token)}
	<button class="grave">Log out all other devices</button>
</form>
<p class="hint">This device stays logged in.</p>`;

const isPhone = (agent: string): boolean => /Android|iPhone|iPad/.test(agent);

const icon = (shape: Html): Html =>
	html`<svg viewBox="0 0 24 24" width="28" height="28" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${shape}</svg>`;
const computer = icon(html`<rect x="4" y="5" width="16" height="11" rx="1.5"/><path d="M2 19.5h20"/>`);
const phone = icon(html`<rect x="7" y="3" width="10" height="18" rx="2"/><path d="M11 18h2"/>`);
