import {randomUUID} from 'node:crypto';
import type {ExecutionContext} from 'ava';
import type {Store} from '../../source/store.ts';
import {startApp} from '../helpers/http/app.ts';
import {all} from '../helpers/stores/all.ts';
import {onEachIndex} from '../helpers/stores/on-each-index.ts';
import {watch} from '../helpers/stores/watched-store.ts';

// A session that gets a new id while a subject's sessions are walked: the page of keys was taken before.

const start = async (t: ExecutionContext, given: Store) => {
	const store = watch(given);
	const subject = randomUUID();
	const {client, sessions} = await startApp(t, {store}, async ctx => {
		if (ctx.path === '/login') {
			await ctx.session.regenerate();
			ctx.session.subject = subject;
			await ctx.session.save();
		}
		if (ctx.path === '/regenerate') await ctx.session.regenerate();
		ctx.body = ctx.session.subject === undefined ? 'nobody' : ctx.session.handle;
	});
	const logIn = async () => {
		const visitor = client();
		const {body: handle} = await visitor.get('/login');
		return {visitor, handle, key: `session:${handle}`};
	};

	/** Does something just before a key is read for the first time. */
	const beforeReading = (key: string, work: () => Promise<unknown>) => {
		store.around = async (operation, call, read) => {
			if (operation !== 'read' || read !== key) return call();
			store.around = (_operation, next) => next();
			await work();
			return call();
		};
	};
	return {subject, sessions, logIn, beforeReading};
};

onEachIndex('a session that gets a new id during list() is in it, once', async (t, store) => {
	const {subject, sessions, logIn, beforeReading} = await start(t, store);
	const [one, other] = [await logIn(), await logIn()];
	let moved = '';
	beforeReading(other.key, async () => {
		moved = (await other.visitor.get('/regenerate')).body;
	});
	const listed = (await all(sessions.list(subject))).map(({handle}) => handle);
	t.deepEqual(listed.toSorted(), [one.handle, moved].toSorted());
	t.deepEqual((await all(sessions.list(subject))).map(({handle}) => handle).toSorted(), listed.toSorted());
	await sessions.revoke(subject);
});

onEachIndex('a session that gets a new id while others are ended counts among those that stay', async (t, store) => {
	const {subject, sessions, logIn, beforeReading} = await start(t, store);
	const visitors = [await logIn(), await logIn(), await logIn()];
	const last = await logIn();
	const [, , third] = visitors;
	beforeReading(third?.key ?? '', () => third?.visitor.get('/regenerate') ?? Promise.reject(new Error('nobody')));
	await sessions.revoke(subject, {keep: 3, except: idOf(last.visitor.cookie)});
	t.is((await all(sessions.list(subject))).length, 3);
	t.is((await last.visitor.get('/')).body, last.handle);
	await sessions.revoke(subject);
});

const idOf = (cookie: string): string => /sid=([\w-]{43})/.exec(cookie)?.[1] ?? '';

onEachIndex('who was logged out under a new id ends nobody by the old one', async (t, store) => {
	const {subject, sessions, logIn} = await start(t, store);
	const [ada, other] = [await logIn(), await logIn()];
	const old = idOf(ada.visitor.cookie);
	await ada.visitor.get('/regenerate');
	await sessions.revoke(subject, {except: idOf(other.visitor.cookie)});
	t.is((await ada.visitor.get('/')).body, 'nobody');

	t.is(await sessions.revoke(subject, {except: old}), 0);
	t.is((await other.visitor.get('/')).body, other.handle);
	await sessions.revoke(subject);
});
