// "Sudo mode": to delete the account, the password must have been given in the last five minutes.
//
//   npm install koa koa-server-session
import {text} from 'node:stream/consumers';
import Koa from 'koa';
import session from 'koa-server-session';

type Visit = {
	cart?: string;
	confirmedAt?: number; // when the password was given
};

/** A time in the future is of a clock that was set back since. It doesn't count. */
const isConfirmed = ({confirmedAt = 0}: Visit): boolean => {
	const age = Date.now() - confirmedAt;
	return age >= 0 && age <= 5 * 60_000;
};

// Your users' table, with salted hashes.
const passwords = new Map([['ada', 'correct horse']]).set('eve', 'battery staple');

// Sent by email. Each opens one session.
const links = new Map([['a long random text', 'eve']]);

const app = new Koa();
app.keys = ['a secret of 32 characters or more'];
const sessions = session<Visit>(app, {store: 'file:./sessions'});
app.use(sessions).use(async ctx => {
	const {session, method, path} = ctx;
	const form = new URLSearchParams(method === 'POST' ? await text(ctx.req) : '');
	const isPassword = (name: string) => passwords.get(name) === form.get('password');
	/** What a login keeps: a visitor's cart and the user's own, and nothing of another user. */
	const keptFor = (name: string) =>
		session.subject === undefined || session.subject === name ? (['cart'] as const) : false;

	if (method === 'POST' && path === '/login') {
		const name = form.get('name') ?? '';
		if (!isPassword(name)) ctx.throw(403);
		await session.regenerate({keep: keptFor(name), restart: true});
		session.subject = name;
		session.confirmedAt = Date.now();
	} else if (method === 'POST' && path === '/login-by-link') {
		const link = form.get('link') ?? '';
		const name = links.get(link) ?? ctx.throw(403);
		links.delete(link);
		// No password this time. If one was given here before, that isn't kept.
		await session.regenerate({keep: keptFor(name), restart: true});
		session.subject = name;
	} else if (method === 'POST' && path === '/confirm') {
		if (session.subject === undefined || !isPassword(session.subject)) ctx.throw(403);
		await session.regenerate(); // more rights, so a new id. It keeps all data, its subject and its timeouts
		session.confirmedAt = Date.now();
	} else if (method === 'POST' && path === '/account/delete') {
		const subject = session.subject ?? ctx.throw(403);
		if (!isConfirmed(session)) ctx.throw(403, 'Give your password again', {expose: true});
		passwords.delete(subject);
		await sessions.revoke(subject); // on all devices
		await session.destroy();
	}

	const {subject, cart} = ctx.session;
	ctx.body = {subject, cart, isConfirmed: isConfirmed(ctx.session)};
});

app.listen(3000);
