// The smallest useful program: it counts your visits, and knows your name once you have told it.
//
//   npm install koa koa-server-session
//   node minimal.js
import Koa from 'koa';
import session from 'koa-server-session';

const app = new Koa();
app.keys = ['a secret of 32 characters or more']; // your own: npx koa-server-session keygen

app.use(session(app, {store: 'file:./sessions'}));

app.use(ctx => {
	const {session, path, query} = ctx;

	if (path === '/name') {
		session.name = query.name;
		ctx.redirect('/');
	} else if (path === '/forget') {
		ctx.session = null; // ends the session and clears its cookie
		ctx.redirect('/');
	} else if (path === '/') {
		session.visits = (session.visits ?? 0) + 1;
		ctx.type = 'html';
		ctx.body = `
			<p>Hello ${escapeHtml(session.name ?? 'stranger')}, this is visit ${session.visits}.</p>
			<form action="/name"><input name="name" aria-label="Your name"> <button>That's my name</button></form>
			<a href="/forget">Forget me</a>`;
	}
});

/** A session holds what visitors typed, so escape it. */
const escapeHtml = text => String(text).replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`);

app.listen(3000, () => console.log('Open http://127.0.0.1:3000'));
