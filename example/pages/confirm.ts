import {type ConfirmedPage, confirmedFor} from '../confirmation.ts';
import {type Html, html} from '../html.ts';
import {invalid, passwordHint, tokenField} from './layout.ts';

/** What the page shows. */
export type ConfirmPageOptions = {
	readonly user: string;

	/** Where the user comes back to. */
	readonly page: ConfirmedPage;
	readonly token: string;

	/** Whether the password was wrong. */
	readonly hasFailed: boolean;
};

/** Asks for the password of the user who is logged in. */
export const confirmPage = ({
	user,
	page,
	token,
	hasFailed,
}: ConfirmPageOptions): Html => html`<h1>Your password again</h1>
<p class="lead">You are logged in, but that was more than ${confirmedFor} minutes ago. Somebody else may sit at this device now.</p>
${hasFailed && html`<p class="problem" id="problem" role="alert">Wrong password.</p>`}
<form class="fields" method="post" action="/confirm">
	${tokenField(token)}
	<input type="hidden" name="page" value="${page}">
	<label for="password">Password of ${user}</label>
	<input id="password" name="password" type="password" autocomplete="off" required autofocus
		aria-describedby="hint"${hasFailed && invalid}>
	${passwordHint}
	<button>Confirm</button>
</form>
<p class="hint"><a href="${page}">Go back without it</a></p>
`;
