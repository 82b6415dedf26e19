import test from 'ava';
import {startApp} from '../helpers/http/app.ts';
import {Gate} from '../helpers/order/barrier.ts';
import {fakeClock} from '../helpers/stores/conforms.ts';
import {onTwoStores} from '../helpers/stores/on-each-store.ts';

// Rules 24 and 26: an extension is in the headers before the route runs, so it is old news if they leave late.

for (const change of ['/login', '/logout']) {
	for (const [whose, path] of [
		['a route sends', '/slow'],
		['a route sends that has saved', '/slow-saved'],
		['a route sends that has updated', '/slow-updated'],
		['leave late because of middleware in front', '/fast'],
	] as const) {
		onTwoStores(
			`headers that ${whose}, after ${change} by another request, don't name the old id`,
			async (t, store) => {
				const clock = fakeClock(t);
				const [entered, changed] = [new Gate(), new Gate()];
				const wait = async () => {
					entered.open();
					await changed.pass();
				};
				const {client} = await startApp(
					t,
					{store, touchAfter: 0},
					async ctx => {
						ctx.body = '';
						if (ctx.path === '/login') {
							await ctx.session.regenerate();
							ctx.session['user'] = 'ada';
						}

						if (ctx.path === '/logout') await ctx.session.destroy();
						if (ctx.path === '/slow-saved') await ctx.session.save();
						if (ctx.path === '/slow-updated')
							await ctx.session.update(data => {
								data['seen'] = true;
							});
						if (!ctx.path.startsWith('/slow')) return;
						await wait();
						ctx.flushHeaders();
					},
					app =>
						app.use(async (ctx, next) => {
							await next();
							if (ctx.path === '/fast') await wait();
						}),
				);
				const visitor = client();
				await visitor.get('/login');
				await clock.advance(1);
				t.is((await visitor.get('/')).setCookie.length, 1, 'an extension is due each time');
				await clock.advance(1);
				const slow = visitor.fork().get(path);
				await entered.pass();
				await visitor.get(change);
				changed.open();
				t.deepEqual((await slow).setCookie, []);
			},
			test.serial,
		);
	}
}

onTwoStores(
	'headers that a route sends after it has waited for the logout clear the cookie',
	async (t, store) => {
		const {client} = await startApp(t, {store}, async ctx => {
			ctx.body = '';
			if (ctx.path === '/login') ctx.session['user'] = 'ada';
			if (ctx.path !== '/logout') return;
			await ctx.session.destroy();
			ctx.flushHeaders();
		});
		const visitor = client();
		await visitor.get('/login');
		const {setCookie} = await visitor.get('/logout');
		t.is(setCookie.length, 1);
		t.regex(setCookie[0] ?? '', /^sid=; .*Expires=Thu, 01 Jan 1970/);
	},
	test,
);
