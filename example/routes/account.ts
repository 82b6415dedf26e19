import {confirmFirst, readPage} from '../confirmation.ts';
import {deviceOf, mostDevices} from '../devices.ts';
import {formToken} from '../form.ts';
import {lifetimes} from '../lifetimes.ts';
import {isPassword, operatorName, readName} from '../login.ts';
import {accountPage} from '../pages/account.ts';
import {confirmPage} from '../pages/confirm.ts';
import {seeOther} from '../show.ts';
import type {AddRoutes} from './options.ts';

/** Logging in and out, giving the password again, and deleting the account. */
export const addAccountRoutes: AddRoutes = (router, show, {store, sessions, operatorPasswords}) => {
	router.get('/account', ctx => show(ctx, 'Account', accountPage(ctx.session, formToken(ctx.session))));

	router.post('/login', async ctx => {
		const {form} = ctx.state;
		const name = readName(form.get('name'));
		if (name === undefined || !isPassword(name, form.get('password'), operatorPasswords)) {
			ctx.status = 422;
			const failed = {name: form.get('name') ?? '', problem: name === undefined ? 'name' : 'password'} as const;
			return show(ctx, 'Account', accountPage(ctx.session, formToken(ctx.session), failed));
		}

		// A new id, so that an id that someone else knew or planted is worthless. A visitor keeps the cart, but nobody gets that
		// of another user. What isn't kept is gone: the form token, and any rights of the user before. The time until the
		// session ends at the latest begins with the login.
		const {subject} = ctx.session;
		const isTheirs = subject === undefined || subject === name;
		await ctx.session.regenerate({keep: isTheirs ? ['views', 'cart'] : false, restart: true});
		const isOperator = name === operatorName;
		const lifetime = isOperator ? 'operator' : form.has('remember') ? 'remembered' : 'usual';
		Object.assign(ctx.session, lifetimes[lifetime]);
		ctx.session.subject = name;
		ctx.session.user = name;
		ctx.session.isOperator = isOperator;
		ctx.session.confirmedAt = Date.now();
		ctx.session.device = deviceOf(ctx);

		if (store.bySubject) {
			// Parallel logins count each other only once they are stored.
			await ctx.session.save();
			const ended = await sessions().revoke(name, {keep: mostDevices, except: ctx.session.id});
			if (ended > 0) ctx.session.flash('done', 'The device that you used longest ago is logged out.');
		}
		seeOther(ctx, '/account');
	});

	router.post('/logout', async ctx => {
		await ctx.session.destroy();
		seeOther(ctx, '/account');
	});

	router.get('/confirm', ctx => {
		const {user} = ctx.session;
		if (user === undefined) return seeOther(ctx, '/account');
		const page = readPage(ctx.query['page']);
		return show(ctx, 'Your password again', confirmPage({user, page, token: formToken(ctx.session), hasFailed: false}));
	});

	router.post('/confirm', async ctx => {
		const {user} = ctx.session;
		if (user === undefined) return seeOther(ctx, '/account');
		const page = readPage(ctx.state.form.get('page'));
		if (!isPassword(user, ctx.state.form.get('password'), operatorPasswords)) {
			ctx.status = 422;
			const token = formToken(ctx.session);
			return show(ctx, 'Your password again', confirmPage({user, page, token, hasFailed: true}));
		}

		// The session has more rights now, so it gets a new id. All data stays.
		await ctx.session.regenerate();
		ctx.session.confirmedAt = Date.now();
		ctx.session.flash('done', 'Thank you. Now use the button again.');
		seeOther(ctx, page);
	});

	router.post('/account/delete', confirmFirst('/account'), async ctx => {
		// Your application would delete the user's data here.
		const {subject} = ctx.session;
		const ended = subject !== undefined && store.bySubject ? await sessions().revoke(subject) : 0;
		await ctx.session.destroy();
		ctx.session.flash('done', `Your account is deleted${ended > 1 ? ', and all your devices are logged out' : ''}.`);
		seeOther(ctx, '/account');
	});
};
