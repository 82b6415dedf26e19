// Log in with Passport, through koa-passport. Passport itself makes the new id at login.
//
//   npm install koa koa-server-session koa-passport passport-local @koa/bodyparser
import {bodyParser} from '@koa/bodyparser';
import Koa from 'koa';
import {KoaPassport} from 'koa-passport';
import session from 'koa-server-session';
import {Strategy} from 'passport-local';

const passport = new KoaPassport();
passport.use(
	new Strategy((name, password, done) => {
		const isRight = password === 'correct horse'; // your users' table, with salted hashes
		done(null, isRight ? {name} : false);
	}),
);
passport.serializeUser((user, done) => done(null, user.name));
passport.deserializeUser((name, done) => done(null, {name}));

const app = new Koa();
app.keys = ['a secret of 32 characters or more'];
app.use(session(app, {store: 'file:./sessions'}));
app.use(bodyParser());
app.use(passport.initialize());
app.use(passport.session());

const logIn = passport.authenticate('local', {failureRedirect: '/?failed'});
app.use(async ctx => {
	const {method, path, state} = ctx;
	if (method === 'POST' && path === '/login') {
		return logIn(ctx, () => {
			// The login has made another object: what is written to the one before it would be lost.
			ctx.session.subject = state.user.name; // for "your devices" and "log out everywhere"
			ctx.redirect('/');
		});
	}
	if (method === 'POST' && path === '/logout') await ctx.logout();
	ctx.body = state.user ? `Hello ${state.user.name}` : 'Nobody is logged in';
});

app.listen(3000);
