import {confirmedFor, isConfirmed} from '../confirmation.ts';
import {type Html, html} from '../html.ts';
import {longestName} from '../login.ts';
import type {Visit} from '../visit.ts';
import {invalid, passwordHint, tokenField} from './layout.ts';

/** A failed login: the name that was typed, and the problem. */
export type FailedLogin = {
	readonly name: string;
	readonly problem: 'name' | 'password';
};

/** The login form, or a welcome. */
export const accountPage = (visit: Visit, token: string, failed?: FailedLogin): Html =>
	visit.user === undefined ? loginForm(token, failed) : html`${welcome(visit, token)}${deleteForm(visit, token)}`;

const problems = {
	name: `Please enter a name of 1 to ${longestName} characters.`,
	password: 'Wrong password. Look below the field.',
};

const loginForm = (token: string, failed: FailedLogin | undefined): Html => html`<h1>Log in</h1>
<p class="lead">Any name works. When you log in, your session gets a new id and your cart stays.</p>
${failed && html`<p class="problem" id="problem" role="alert">${problems[failed.problem]}</p>`}
<form class="fields" method="post" action="/login">
	${tokenField(token)}
	<label for="name">Name</label>
	<input id="name" name="name" value="${failed?.name}" autocomplete="username" required
		maxlength="${longestName}"${failed?.problem === 'name' && invalid}>
	<label for="password">Password</label>
	<input id="password" name="password" type="password" autocomplete="off" required
		aria-describedby="hint"${failed?.problem === 'password' && invalid}>
	${passwordHint}
	<label class="check"><input type="checkbox" name="remember"> Remember me for 30 days</label>
	<button>Log in</button>
</form>
<p class="hint">Otherwise you are logged out when the browser closes, or after a day without use.</p>
`;

const welcome = ({user, cart = {}}: Visit, token: string): Html => {
	const products = Object.keys(cart).length;
	return html`<h1>Hello, ${user}</h1>
<p class="lead">You are logged in, in every tab of this browser, and you stay so when the server restarts.</p>
<p>${products === 0 ? html`Your cart is empty. <a href="/shop">Go shopping</a>` : html`<a href="/shop">Your cart</a> holds ${products} ${products === 1 ? 'product' : 'different products'}.`}</p>
<form method="post" action="/logout">
	${tokenField(token)}
	<button>Log out</button>
</form>
<p class="hint">This ends the session in the store, so a copy of the cookie becomes worthless too.</p>
`;
};

const deleteForm = (visit: Visit, token: string): Html => html`<h2>Delete your account</h2>
<p>This can’t be undone.</p>
<form method="post" action="/account/delete">
	${tokenField(token)}
	<button class="grave">Delete my account</button>
</form>
<p class="hint" id="confirmation">${
	isConfirmed(visit)
		? `You gave your password in the last ${confirmedFor} minutes, so the button works at once. Later, it asks for the password again.`
		: `You gave your password more than ${confirmedFor} minutes ago, so the button asks for it again.`
}</p>
`;
