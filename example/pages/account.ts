import {type Html, html} from '../html.ts';
import {longestName, password} from '../login.ts';
import type {Visit} from '../visit.ts';
import {tokenField} from './layout.ts';

/** A login that failed: what was typed, and what is wrong with it. */
export type FailedLogin = {
	readonly name: string;
	readonly problem: 'name' | 'password';
};

/** The login form, or who is logged in. */
export const accountPage = ({user, cart = {}}: Visit, token: string, failed?: FailedLogin): Html =>
	user === undefined ? loginForm(token, failed) : welcome(user, Object.keys(cart).length, token);

const problems = {
	name: `Please give a name of 1 to ${longestName} characters.`,
	password: 'That is not the password. It is the one shown below the field.',
};

const loginForm = (token: string, failed: FailedLogin | undefined): Html => html`<h1>Log in</h1>
<p class="lead">Any name will do. Logging in gives your session a new id and keeps your cart.</p>
${failed && html`<p class="problem" id="problem" role="alert">${problems[failed.problem]}</p>`}
<form class="fields" method="post" action="/login">
	${tokenField(token)}
	<label for="name">Name</label>
	<input id="name" name="name" value="${failed?.name}" autocomplete="username" required
		maxlength="${longestName}"${failed?.problem === 'name' && invalid}>
	<label for="password">Password</label>
	<input id="password" name="password" type="password" autocomplete="off" required
		aria-describedby="hint"${failed?.problem === 'password' && invalid}>
	<p class="hint" id="hint">It is <code>${password}</code> for everybody.</p>
	<label class="check"><input type="checkbox" name="remember" checked> Stay logged in when the browser closes</label>
	<button>Log in</button>
</form>
`;

const invalid = html` aria-invalid="true" aria-errormessage="problem"`;

const welcome = (user: string, products: number, token: string): Html => html`<h1>Hello, ${user}</h1>
<p class="lead">You are logged in, in every tab of this browser, also after a restart of the server.</p>
<p>${products === 0 ? html`Your cart is empty. <a href="/shop">Go shopping</a>` : html`<a href="/shop">Your cart</a> holds ${products} ${products === 1 ? 'product' : 'different products'}.`}</p>
<form method="post" action="/logout">
	${tokenField(token)}
	<button>Log out</button>
</form>
<p class="hint">This deletes the session in the store, so that a copy of the cookie is worth nothing either.</p>
`;
