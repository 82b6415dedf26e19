import {type Html, html} from '../html.ts';
import {longestName, password} from '../login.ts';
import type {Visit} from '../visit.ts';
import {tokenField} from './layout.ts';

/** A failed login: the name that was typed, and the problem. */
export type FailedLogin = {
	readonly name: string;
	readonly problem: 'name' | 'password';
};

/** The login form, or a welcome. */
export const accountPage = ({user, cart = {}}: Visit, token: string, failed?: FailedLogin): Html =>
	user === undefined ? loginForm(token, failed) : welcome(user, Object.keys(cart).length, token);

const problems = {
	name: `Please enter a name of 1 to ${longestName} characters.`,
	password: 'Wrong password. The right one is shown below the field.',
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
	<p class="hint" id="hint">It is <code>${password}</code> for everyone.</p>
	<label class="check"><input type="checkbox" name="remember" checked> Stay logged in after the browser closes</label>
	<button>Log in</button>
</form>
`;

const invalid = html` aria-invalid="true" aria-errormessage="problem"`;

const welcome = (user: string, products: number, token: string): Html => html`<h1>Hello, ${user}</h1>
<p class="lead">You are logged in, in every tab of this browser, and you stay so when the server restarts.</p>
<p>${products === 0 ? html`Your cart is empty. <a href="/shop">Go shopping</a>` : html`<a href="/shop">Your cart</a> holds ${products} ${products === 1 ? 'product' : 'different products'}.`}</p>
<form method="post" action="/logout">
	${tokenField(token)}
	<button>Log out</button>
</form>
<p class="hint">This ends the session in the store, so a copy of the cookie becomes worthless too.</p>
`;
