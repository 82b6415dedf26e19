import type {ExecutionContext} from 'ava';
import type {Store} from '../../source/store.ts';
import {startApp, type TestContext} from '../helpers/http/app.ts';
import {onTwoStores} from '../helpers/stores/on-each-store.ts';
import {watch} from '../helpers/stores/watched-store.ts';

// Rules 8 and 16: a `save()` that a route doesn't wait for, and a new id. What the route does after `regenerate()` is meant
// for the new id alone: one who holds the old one may have planted it. Two applications stand for two processes.

/** @param then What the route does once it has a new id, while its `save()` has met another process's write. */
const start = async (
	t: ExecutionContext,
	given: Store,
	{held = 'update', ...options}: {readonly keep?: boolean; readonly held?: 'update' | 'touch'},
	then: (ctx: TestContext, underOldId: () => Promise<string>) => unknown,
) => {
	const store = watch(given);
	const route = async (ctx: TestContext) => {
		ctx.body = JSON.stringify({...ctx.session, subject: ctx.session.subject, handle: ctx.session.handle});
		if (ctx.path.startsWith('/write/')) ctx.session[ctx.path.slice(7)] = {of: ctx.path.slice(7)};
		if (ctx.path !== '/login') return;

		const key = `session:${ctx.session.handle}`;
		if (held === 'update') ctx.session['mine'] = true;
		const saving = ctx.session.save();
		await ctx.session.regenerate(options);
		ctx.session.subject = 'alice';
		ctx.session['secret'] = 'hers';
		if (typeof ctx.session['first'] === 'object') Object.assign(ctx.session['first'] ?? {}, {secret: 'hers'});
		await saving;
		await then(ctx, async () => {
			const record = await given.read(key);
			return `${record?.subject} ${Buffer.from(record?.bytes ?? []).toString()}`;
		});
	};
	const touchAfter = held === 'touch' ? 0 : '2h';
	const [here, there] = [await startApp(t, {store, touchAfter}, route), await startApp(t, {store, touchAfter}, route)];
	const visitor = here.client();
	await visitor.get('/write/first');
	const attacker = visitor.fork();
	const elsewhere = visitor.fork(there.port);
	store.around = async (operation, call) => {
		if (operation !== held) return call();
		store.around = (_operation, next) => next();
		await elsewhere.get('/write/theirs');
		return call();
	};
	return {visitor, attacker};
};

for (const keep of [true, false]) {
	const data = keep ? {first: {of: 'first', secret: 'hers'}, theirs: {of: 'theirs'}, mine: true} : {};

	onTwoStores(`a save() under way writes nothing of a login under the old id, keep: ${keep}`, async (t, store) => {
		let old = '';
		const {visitor, attacker} = await start(t, store, {keep}, async (_ctx, underOldId) => {
			old = await underOldId();
		});
		t.is((await visitor.get('/login')).status, 200);
		t.regex(old, /"mine":true/, 'what was to be saved');
		t.regex(old, /"theirs"/);
		t.notRegex(old, /alice|hers/);
		const {handle, ...seen} = JSON.parse((await visitor.get('/')).body);
		t.deepEqual(seen, {...data, secret: 'hers', subject: 'alice'});
		const {handle: other, ...left} = JSON.parse((await attacker.get('/')).body);
		t.deepEqual(left, {});
		t.not(other, handle);
	});

	onTwoStores(`and if the login then fails, the old id has none of it, keep: ${keep}`, async (t, store) => {
		const {visitor, attacker} = await start(t, store, {keep}, ctx => ctx.throw(500));
		t.is((await visitor.get('/login')).status, 500);
		for (const client of [visitor, attacker]) {
			const {body} = await client.get('/');
			t.notRegex(body, /alice|hers/);
		}
	});

	onTwoStores(`and if the client has gone by then, the old id has none of it, keep: ${keep}`, async (t, store) => {
		const {visitor, attacker} = await start(t, store, {keep}, ctx => {
			ctx.req.destroy();
		});
		await t.throwsAsync(visitor.get('/login'));
		const {body} = await attacker.get('/');
		t.notRegex(body, /alice|hers/);
	});
}

onTwoStores('a save() that only extends the session writes nothing of a login either', async (t, store) => {
	let old = '';
	const {visitor} = await start(t, store, {held: 'touch'}, async (_ctx, underOldId) => {
		old = await underOldId();
	});
	t.is((await visitor.get('/login')).status, 200);
	t.regex(old, /"theirs"/);
	t.notRegex(old, /alice|hers"/);
	t.like(JSON.parse((await visitor.get('/')).body), {subject: 'alice', theirs: {of: 'theirs'}});
});
