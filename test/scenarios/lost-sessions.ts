import {type Route, startApp} from '../helpers/http/app.ts';
import {storedData} from '../helpers/http/stored-data.ts';
import {Gate} from '../helpers/order/barrier.ts';
import {all} from '../helpers/stores/all.ts';
import {onTwoStores} from '../helpers/stores/on-each-store.ts';

// Rules 11, 12 and 15: a request that has learnt that another one ended its session, or gave it a new id, brings nothing back.

/** What ends or moves the session while the slow route waits. */
const changes: Readonly<Record<string, Route>> = {
	ended: ctx => ctx.session.destroy(),
	moved: ctx => ctx.session.regenerate(),
};

/** What the slow route does when `save()` has shown it that its session is lost. */
const attempts: Readonly<Record<string, Route>> = {
	'gets a new id': ctx => ctx.session.regenerate(),
	'writes and saves': async ctx => {
		ctx.session['again'] = true;
		await ctx.session.save();
	},
	updates: async ctx => ctx.session.update(session => Object.assign(session, {again: true})).catch(() => undefined),
	'replaces its data': ctx => Object.assign(ctx, {session: {again: true}}),
};

for (const [change, act] of Object.entries(changes)) {
	for (const [attempt, tryAgain] of Object.entries(attempts)) {
		onTwoStores(`a request whose session is ${change} stores nothing, if it ${attempt}`, async (t, store) => {
			const gate = new Gate();
			const {client, sessions} = await startApp(t, {store}, async ctx => {
				if (ctx.path === '/login') ctx.session.subject = crypto.randomUUID();
				if (ctx.path === '/change') await act(ctx);
				if (ctx.path === '/slow') {
					await gate.pass();
					ctx.session['late'] = true;
					await ctx.session.save();
					await tryAgain(ctx);
				}

				ctx.body = String(ctx.session.subject);
			});
			const visitor = client();
			const {body: subject} = await visitor.get('/login');
			const slow = visitor.fork().get('/slow');
			await gate.reached;
			await visitor.get('/change');

			store.calls.length = 0;
			gate.open();
			t.like(await slow, {status: 200, setCookie: []});
			t.false(store.calls.includes('create'));
			t.is((await all(sessions.list(subject))).length, change === 'moved' ? 1 : 0);
			t.deepEqual(await storedData(sessions, visitor), change === 'moved' ? {} : undefined);
		});
	}
}
