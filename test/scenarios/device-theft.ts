import test, {type ExecutionContext} from 'ava';
import {makeChallenge} from '../../source/binding/challenge.ts';
import {Seal} from '../../source/binding/seal.ts';
import type {SessionEvents, SessionOptions} from '../../source/index.ts';
import {MemoryStore} from '../../source/stores/memory.ts';
import {handleOf} from '../../source/tokens/identifier.ts';
import {signed} from '../../source/tokens/signer.ts';
import {cookie} from '../../source/transports/cookie.ts';
import {header} from '../../source/transports/header.ts';
import {startBoundApp} from '../helpers/device/bound-app.ts';
import type {Browser} from '../helpers/device/browser.ts';
import {DeviceKey} from '../helpers/device/device-key.ts';
import {recordEvents} from '../helpers/events/record-events.ts';
import {type Answer, type Route, request, testKeys} from '../helpers/http/app.ts';
import {makeToken} from '../helpers/http/tokens.ts';
import {all} from '../helpers/stores/all.ts';
import {fakeClock} from '../helpers/stores/conforms.ts';
import {onTwoStores} from '../helpers/stores/on-each-store.ts';
import {beforeNext, watch} from '../helpers/stores/watched-store.ts';

// What somebody can do who has copied what the browser holds. Time is faked.

const minute = 60_000;
const endpoint = '/.session-key';

const https = {'x-forwarded-proto': 'https'};

/** An application, and Ada, who is logged in on a device that has proved its key. */
const start = async (t: ExecutionContext, options: SessionOptions = {}, route?: Route) => {
	const clock = fakeClock(t);
	const started = await startBoundApp(t, {store: new MemoryStore(), ...options}, route);
	const ada = started.browser();
	await ada.visit('/login/ada');
	await ada.visit('/reads');
	await ada.visit('/reads');
	await clock.advance(minute);
	const ask = (path: string, headers: Record<string, string>, method = 'GET'): Promise<Answer> =>
		request(started.port, path, {method, headers: {...https, ...headers}});
	return {clock, ada, ask, ...started};
};

const idOf = (browser: Browser): string => browser.bindings[0]?.terms.session_identifier ?? '';

/** What events call the session of the cookies that an answer sets, or that are sent. */
const nameOf = (cookies: string): string => handleOf(/sid=([^.]+)/.exec(cookies)?.[1] ?? '').slice(0, 8);

/** The event of a refusal by the endpoint. */
const refused = (reason: SessionEvents['bind']['reason'], session = '') => ({session, step: 'refused', reason});

const setBy = ({setCookie}: Answer): string[] => setCookie.map(line => line.split('=')[0] ?? '');

onTwoStores(
	'copied cookies open nothing once the proof is over, and the owner goes on',
	async (t, store) => {
		const {ada, ask, clock} = await start(t, {store});
		const stolen = ada.stealAll();
		t.is((await ask('/reads', stolen)).body, 'ada, bound', 'at once');

		await clock.advance(12 * minute);
		const late = await ask('/write', stolen);
		t.is(late.body, 'nobody');
		t.deepEqual(setBy(late), ['sid-bound'], 'only the useless proof is cleared');
		t.is((await ask('/reads', {cookie: stolen.cookie.replace(/sid-bound=[^;]+/, '')})).body, 'nobody');
		t.is((await ada.visit('/reads')).body, 'ada, bound');
		t.is((await ask('/reads', stolen)).body, 'nobody');
	},
	test.serial,
);

test.serial('a copied proof lasts one minute more than its life, and no longer', async t => {
	const {ada, ask, clock} = await start(t, {deviceBound: {lifetime: '5m'}});
	await ada.refresh();
	const stolen = ada.steal();
	await clock.advance(6 * minute - 1);
	t.is((await ask('/reads', stolen)).body, 'ada, bound');
	await clock.advance(1);
	t.is((await ask('/reads', stolen)).body, 'nobody');
});

test.serial('the endpoint gives a thief nothing', async t => {
	const {ada, ask, clock} = await start(t);
	const id = idOf(ada);
	const key = ada.bindings[0]?.key as DeviceKey;
	let used = '';
	ada.beforeProof = async () => {
		used = challengeOf(await post({}));
	};
	const all = () => ada.stealAll();
	const post = (headers: Record<string, string>): Promise<Answer> =>
		ask(endpoint, {...all(), 'sec-secure-session-id': id, ...headers}, 'POST');
	await ada.refresh();
	const proof = key.refresh(used);
	t.is((await post({'secure-session-response': proof})).status, 200, 'the owner’s own proof');

	const thief = new DeviceKey();
	const events = recordEvents(t, ['bind']);
	for (const [status, reason, headers] of [
		[403, undefined, {}],
		[404, 'proof', {'secure-session-response': thief.refresh(used)}],
		[404, 'proof', {'secure-session-response': thief.registration(used)}],
		[404, 'proof', {'secure-session-response': key.refresh(used, {header: {alg: 'none'}})}],
		[404, 'proof', {'secure-session-response': key.refresh(used, {header: {alg: 'HS256'}})}],
		[404, 'proof', {'secure-session-response': 'rubbish'}],
		[404, 'proof', {'secure-session-response': ''}],
		[404, 'gone', {'sec-secure-session-id': 'A'.repeat(43)}],
		[404, 'gone', {'sec-secure-session-id': ''}],
		[404, 'gone', {cookie: ''}],
		[404, 'gone', {cookie: 'sid=rubbish; sid-key=rubbish'}],
	] as const) {
		const answer = await post(headers);
		t.is(answer.status, status, JSON.stringify(headers));
		const expected = refused(reason, reason === 'proof' ? nameOf(all().cookie) : '');
		t.deepEqual(
			events.splice(0).map(({payload}) => payload),
			reason ? [expected] : [],
		);
		t.deepEqual(answer.setCookie, []);
		t.is(answer.headers['cache-control'], 'no-store');
		t.is(answer.headers['cross-origin-resource-policy'], 'same-origin');
		t.is(answer.headers['access-control-allow-origin'], undefined);
	}

	await clock.advance(4 * minute);
	t.is((await post({'secure-session-response': proof})).status, 403, 'an old proof');
	t.deepEqual(events, []);
	t.is((await ada.visit('/reads')).body, 'ada, bound');
});

const challengeOf = (answer: Answer): string =>
	/^"([^"]+)"/.exec(String(answer.headers['secure-session-challenge']))?.[1] ?? '';

test.serial('only who got the new id can register, once, and for minutes', async t => {
	const {ask, clock, port} = await start(t);
	const login = await ask('/login/eve', {});
	const [, challenge = ''] = /challenge="([^"]+)"/.exec(String(login.headers['secure-session-registration'])) ?? [];
	const sid = login.setCookie[0]?.split(';')[0] ?? '';
	const name = nameOf(sid);
	const [owner, thief] = [new DeviceKey(), new DeviceKey()];
	const events = recordEvents(t, ['bind']);
	const register = async (proof: string): Promise<readonly unknown[]> => {
		const headers = {...https, 'secure-session-response': proof};
		const {status} = await request(port, endpoint, {method: 'POST', headers});
		return [status, ...events.splice(0).map(({payload}) => payload)];
	};

	for (const proof of [
		'',
		'rubbish',
		owner.refresh(challenge),
		owner.registration(challenge, {signer: thief}),
		owner.registration('rubbish'),
		owner.registration(`A${challenge.slice(1)}`),
		owner.registration(
			makeChallenge(
				new Seal(() => signed(() => testKeys, 'x', 'app:').keys(), 'x'),
				'register',
				challenge.slice(0, 43),
			),
		),
	]) {
		t.deepEqual(await register(proof), [400, refused('proof')]);
	}

	t.deepEqual(await register(owner.registration(challenge)), [200, {session: name, step: 'registered'}]);
	t.deepEqual(
		await register(owner.registration(challenge)),
		[200],
		'a browser repeats a request whose answer was lost',
	);
	const late = await register(thief.registration(challenge));
	t.deepEqual(late, [409, refused('other-key', name)], 'the slower one can’t bind');
	t.deepEqual(await register(owner.registration(challenge)), [200]);

	await clock.advance(6 * minute + 1);
	t.deepEqual(await register(owner.registration(challenge)), [400, refused('proof')], 'too old');
	t.is((await ask('/reads', {cookie: sid})).body, 'eve', 'what was never confirmed needs no proof');
});

test.serial('a session that was planted before the login is not bound by who planted it', async t => {
	const {ask, port} = await start(t, {deviceBound: {only: () => true}});
	const planted = await ask('/visit', {});
	const [, challenge = ''] = /challenge="([^"]+)"/.exec(String(planted.headers['secure-session-registration'])) ?? [];
	const cookie = planted.setCookie[0]?.split(';')[0] ?? '';
	await ask('/login/ada', {cookie});
	const events = recordEvents(t, ['bind']);
	const proof = new DeviceKey().registration(challenge);
	t.is(
		(await request(port, endpoint, {method: 'POST', headers: {...https, 'secure-session-response': proof}})).status,
		404,
	);
	t.deepEqual(events, [{name: 'bind', payload: refused('gone', nameOf(cookie))}]);
});

test.serial('nor by who registers while the login is under way: the new id comes with an offer of its own', async t => {
	const store = watch(new MemoryStore());
	const {ask, port, sessions} = await start(t, {store, deviceBound: {only: () => true}});
	const planted = await ask('/visit', {});
	const [, challenge = ''] = /challenge="([^"]+)"/.exec(String(planted.headers['secure-session-registration'])) ?? [];
	const cookie = planted.setCookie[0]?.split(';')[0] ?? '';
	const headers = {...https, 'secure-session-response': new DeviceKey().registration(challenge)};
	const statuses: number[] = [];
	beforeNext(store, 'update', async () => {
		statuses.push((await request(port, endpoint, {method: 'POST', headers})).status);
	});
	const login = await ask('/login/eve', {cookie});
	t.deepEqual(statuses, [200]);
	t.is(login.body, 'eve');
	t.regex(String(login.headers['secure-session-registration']), /challenge=/);
	t.deepEqual(setBy(login), ['sid'], 'no cookie of a key that is not its own');
	t.like(await all(sessions.list('eve')), [{isBound: false}]);
});

test.serial('calls of the endpoint that name nothing cost no store call', async t => {
	const store = watch(new MemoryStore());
	const {ask, ada} = await start(t, {store});
	const cases = [
		{},
		{'secure-session-response': new DeviceKey().registration('x')},
		{'sec-secure-session-id': idOf(ada)},
		{'sec-secure-session-id': 'short', ...ada.stealAll()},
		{
			'sec-secure-session-id': idOf(ada),
			cookie: `sid=${makeToken({id: 'A'.repeat(43), key: 'another key of 32 characters or more'})}`,
		},
		{...ada.stealAll()},
	];
	store.calls.length = 0;
	for (const headers of cases) t.true([400, 404].includes((await ask(endpoint, headers, 'POST')).status));
	t.deepEqual(store.calls, []);
});

test.serial('a request without a proof writes nothing, and says so', async t => {
	const store = watch(new MemoryStore());
	const {ada, ask, clock} = await start(t, {store}, async ctx => {
		if (ctx.path === '/save') {
			ctx.session['views'] = 1;
			await ctx.session.save();
		}
		if (ctx.path === '/update') {
			await ctx.session.update(session => {
				session['views'] = 1;
			});
		}
		if (ctx.path.startsWith('/login')) {
			await ctx.session.regenerate();
			ctx.session.subject = 'ada';
		}
		ctx.body = `${ctx.session.subject} ${ctx.session.isNew} ${ctx.session.isBound}`;
	});
	const stolen = ada.steal();
	await clock.advance(12 * minute);
	const events = recordEvents(t, ['lost', 'bind', 'update', 'touch', 'create', 'destroy']);
	store.calls.length = 0;
	t.is((await ask('/save', stolen)).body, 'undefined true false');
	t.deepEqual(
		events.map(({name, payload}) => [name, (payload as {reason?: string}).reason]),
		[
			['bind', 'unproven'],
			['lost', 'unproven'],
		],
		'by `save()`, and not again at the end',
	);
	const refused = await ask('/update', stolen);
	t.is(refused.status, 401);
	t.regex(refused.body, /^The session is bound to its user's device/);
	t.deepEqual(store.calls, ['read', 'read']);
	t.is((await ada.visit('/')).body, 'ada false true');
});

test.serial('a thief can’t escape by a new id, nor by a header, nor bind another key', async t => {
	const {ada, ask, clock, port} = await start(t, {transport: [cookie(), header('x-session')]});
	const stolen = ada.steal();
	const moved = await ask('/keep', stolen);
	t.is(moved.body, 'ada, bound');
	t.is(moved.headers['secure-session-registration'], undefined);
	const token = /sid=([^;]+)/.exec(moved.setCookie.join())?.[1] ?? '';
	await clock.advance(12 * minute);
	t.is((await ask('/reads', {cookie: `sid=${token}`})).body, 'nobody');
	const carried = makeToken({id: token.slice(0, 43), name: 'x-session'});
	t.is((await request(port, '/reads', {headers: {'x-session': carried}})).body, 'nobody');
});

test.serial('a thief may log in as somebody, and may log the owner out, as ever', async t => {
	const {ada, ask, clock} = await start(t);
	const stolen = ada.steal();
	await clock.advance(12 * minute);
	const login = await ask('/login/eve', stolen);
	t.deepEqual(setBy(login).toSorted(), ['sid', 'sid-bound']);
	t.truthy(login.headers['secure-session-registration'], 'another session, offered for the first time');
	t.is((await ada.visit('/reads')).body, 'ada, bound', 'the owner’s stays');

	const logout = await ask('/logout', stolen);
	t.deepEqual(setBy(logout).toSorted(), ['sid', 'sid-bound', 'sid-key']);
	t.is((await ada.visit('/reads')).body, 'nobody');
});

test.serial('who has lost the key logs in again, and is bound again', async t => {
	const {ada, clock} = await start(t);
	ada.bindings = [];
	await clock.advance(12 * minute);
	t.is((await ada.visit('/reads')).body, 'nobody');
	t.is((await ada.visit('/login/ada')).body, 'ada');
	await ada.visit('/reads');
	await ada.visit('/reads');
	await clock.advance(12 * minute);
	t.is((await ada.visit('/reads')).body, 'ada, bound');
});

test.serial('a proof that is damaged is cleared, so that the browser makes another one', async t => {
	const {ada, clock} = await start(t);
	ada.jar.keep([`sid-bound=f.zzzzzz.x; Path=/; Max-Age=1000; Secure; HttpOnly; SameSite=Lax`]);
	t.is((await ada.visit('/reads')).body, 'nobody');
	t.is((await ada.visit('/reads')).body, 'ada, bound');
	await clock.advance(minute);
	t.is((await ada.visit('/reads')).body, 'ada, bound');
});

test.serial(
	'a useless proof is cleared also by a failed response, but never by one that anybody may cache',
	async t => {
		const {ada, ask, clock} = await start(t, {}, ctx => {
			if (ctx.path === '/login/ada') {
				ctx.session.subject = 'ada';
				return ctx.session.regenerate();
			}
			if (ctx.path === '/fail') ctx.throw(500);
			if (ctx.path === '/public') ctx.set('Cache-Control', 'public, max-age=60');
			ctx.body = 'x';
			return undefined;
		});
		const stolen = ada.steal();
		await clock.advance(12 * minute);
		const failed = await ask('/fail', stolen);
		t.deepEqual([failed.status, setBy(failed)], [500, ['sid-bound']]);
		t.is(failed.headers['cache-control'], 'no-cache="Set-Cookie"');
		t.deepEqual(setBy(await ask('/public', stolen)), []);
	},
);

for (const name of ['sid', 'admin']) {
	test.serial(`what one property has signed counts for no other, in cookies called \`${name}\``, async t => {
		const store = new MemoryStore();
		const {ada, ask} = await start(t, {store});
		const other = await startBoundApp(t, {store, property: 'admin', cookie: {name}}, ctx => {
			const {user, isBound} = ctx['admin'];
			ctx.body = `${user ?? 'nobody'}${isBound ? ', bound' : ''}`;
		});
		const sid = ada.jar.cookies.find(each => each.name === 'sid')?.value ?? '';
		const cookieWith = (token: string): string =>
			ada.jar.cookies
				.map(each => `${each.name.replace('sid', name)}=${each.name === 'sid' ? token : each.value}`)
				.join('; ');
		const askOther = (path: string, headers: Record<string, string>, method = 'GET'): Promise<Answer> =>
			request(other.port, path, {method, headers: {...https, ...headers}});
		const id = {'sec-secure-session-id': idOf(ada)};
		t.is((await askOther(endpoint, {...id, cookie: cookieWith(sid)}, 'POST')).status, 404);
		t.is((await askOther('/', {cookie: cookieWith(sid)})).body, 'nobody');

		// Nor do a proof and a challenge beside a token of the other one for the same session.
		const cookie = cookieWith(makeToken({id: sid.slice(0, 43), name, property: 'admin'}));
		const events = recordEvents(t, ['bind']);
		t.is((await askOther('/', {cookie})).body, 'nobody');
		t.deepEqual(events, [{name: 'bind', payload: refused('unproven', nameOf(`sid=${sid}`))}]);
		const challenge = challengeOf(await ask(endpoint, {...id, ...ada.stealAll()}, 'POST'));
		const proof = {'secure-session-response': (ada.bindings[0]?.key ?? t.fail()).refresh(challenge)};
		t.is((await askOther(endpoint, {...id, ...proof, cookie}, 'POST')).status, 403);
		t.is((await ask(endpoint, {...id, ...proof, ...ada.stealAll()}, 'POST')).status, 200, 'but where it was made');
		t.is((await ada.visit('/reads')).body, 'ada, bound');
	});
}

test.serial('the offer of a response is for its client alone', async t => {
	const {ask} = await start(t);
	const {headers} = await ask('/login/eve', {});
	t.is(headers['cache-control'], 'no-cache="Set-Cookie, Secure-Session-Registration"');
	t.regex(String(headers['vary']), /Cookie/);
});

test.serial(
	'the cookie of another library opens nothing of the session that has moved and is bound by now',
	async t => {
		const clock = fakeClock(t);
		const left = new Map([['secret', {user: 'ada'}]]);
		const events = recordEvents(t, ['bind']);
		const started = await startBoundApp(t, {store: new MemoryStore()}, async ctx => {
			const token = ctx.cookies.get('old', {signed: false});
			if (token) {
				await started.sessions.adopt(ctx, {
					cookie: 'old',
					secret: token,
					async read() {
						const data = left.get(token);
						return data && {data, subject: data.user};
					},
					async end() {
						left.delete(token);
					},
				});
			}
			ctx.body = `${ctx.session['user'] ?? 'nobody'}${ctx.session.isBound ? ', bound' : ''}`;
		});
		const ask = (cookie: string) => request(started.port, '/reads', {headers: {...https, cookie}});
		const ada = started.browser();
		ada.jar.keep(['old=secret; path=/; secure']);
		await ada.visit('/reads');
		t.is((await ask('old=secret')).body, 'ada', 'anyone who has the old cookie has the session, until it is bound');
		await ada.visit('/reads');
		await ada.visit('/reads');
		await clock.advance(2 * minute);
		t.is((await ada.visit('/reads')).body, 'ada, bound');

		const stolen = await ask('old=secret');
		t.is(stolen.body, 'nobody');
		t.deepEqual(stolen.setCookie, []);
		t.like(events.at(-1), {payload: {step: 'refused', reason: 'unproven'}});
		t.is((await ada.visit('/reads')).body, 'ada, bound');
	},
);
