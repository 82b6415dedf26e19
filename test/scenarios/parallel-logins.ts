import test from 'ava';
import {SessionError} from '../../source/errors.ts';
import {MemoryStore} from '../../source/stores/memory.ts';
import {type Route, startApp} from '../helpers/http/app.ts';
import {holdNext, watch} from '../helpers/stores/watched-store.ts';

// Logins of one user at the same moment, in one process: one ends sessions for all that wait.

const route: Route = async ctx => {
	const {session} = ctx;
	if (ctx.path === '/login') {
		await session.regenerate();
		session.subject = 'ada';
	}
	ctx.body = session.subject ?? 'nobody';
};

test('very many logins at once share the work', async t => {
	const store = new MemoryStore();
	const bySubject = store.bySubject.bind(store);
	let walks = 0;
	Object.defineProperty(store, 'bySubject', {
		value(subject: string) {
			walks++;
			return bySubject(subject);
		},
	});
	const {sessions} = await startApp(t, {store}, route);
	const ended = await Promise.all(
		Array.from({length: 200}, async () => {
			const {id} = await sessions.create({}, {subject: 'ada'});
			return sessions.revoke('ada', {keep: 3, except: id});
		}),
	);
	t.is(
		ended.reduce((sum, count) => sum + count),
		197,
	);
	t.true(walks < 40, `${walks} walks`);
	t.is(await sessions.count({subject: 'ada'}), 3);
});

test('one that waits acts for the others, unless its session has ended', async t => {
	const store = watch(new MemoryStore());
	const {client, sessions} = await startApp(t, {store}, route);
	const logIn = async () => {
		const device = client();
		await device.get('/login');
		return {device, except: device.cookies.get('sid')?.slice(0, 43) ?? ''};
	};
	for (let logins = 0; logins < 4; logins++) await logIn();
	const gate = holdNext(store, 'delete');
	const first = sessions.revoke('ada', {keep: 3});
	await gate.reached;
	const [gone, own, other] = [await logIn(), await logIn(), await logIn()];
	const waiting = [gone, own, other].map(({except}) => sessions.revoke('ada', {keep: 1, except}));
	waiting.push(...[gone, own].map(({except}) => sessions.revoke('ada', {keep: 3, except})));
	await sessions.destroy({id: gone.except});
	gate.open();
	t.is(await first, 1);
	await Promise.all(waiting);
	t.is(await sessions.count({subject: 'ada'}), 1);
	t.is((await own.device.get('/')).body, 'ada', 'the first that lived');
});

test('each login that a run fails gets an error of its own', async t => {
	const store = new MemoryStore();
	const {sessions} = await startApp(t, {store}, route);
	Object.defineProperty(store, 'bySubject', {
		value() {
			throw new Error('It fails');
		},
	});
	const logins = Array.from({length: 5}, () => sessions.revoke('ada', {keep: 3}));
	const errors = (await Promise.allSettled(logins)).map(login => login.status === 'rejected' && login.reason);
	t.true(errors.every(error => error instanceof SessionError && error.code === 'ERR_SESSION_STORE'));
	t.is(new Set(errors).size, 5);
});
