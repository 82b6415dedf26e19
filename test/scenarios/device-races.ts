import {randomInt} from 'node:crypto';
import test, {type ExecutionContext} from 'ava';
import {type BoundApp, startBoundApp} from '../helpers/device/bound-app.ts';
import {DeviceKey} from '../helpers/device/device-key.ts';
import {type Answer, request} from '../helpers/http/app.ts';
import {Scheduler, seededRandom} from '../helpers/order/scheduler.ts';
import {onEachStore} from '../helpers/stores/on-each-store.ts';
import type {WatchedStore} from '../helpers/stores/watched-store.ts';

// Requests on one session that is about to be bound, or is bound, against each other, in random orders.
// `SEED=… npx ava test/scenarios/device-races.ts` repeats the orders of a run.

const https = {'x-forwarded-proto': 'https'};
const endpoint = '/.session-key';

/** What a session has been through when the race begins, and who takes part. */
const races: Readonly<Record<string, readonly [from: 'offered' | 'registered' | 'confirmed', ...parties: string[]]>> = {
	'two registrations': ['offered', 'register', 'register other'],
	'a registration against a writer and a reader': ['offered', 'register', 'write', 'read'],
	'a registration against a new id': ['offered', 'register', 'regenerate'],
	'a registration against a logout': ['offered', 'register', 'logout'],
	'two confirmations against a writer': ['registered', 'confirm', 'confirm again', 'write'],
	'a confirmation against a new id and a refresh': ['registered', 'confirm', 'regenerate', 'refresh'],
	'a confirmation against a logout': ['registered', 'confirm', 'logout'],
	'two refreshes against a new id': ['confirmed', 'refresh', 'refresh again', 'regenerate'],
	'a refresh against a logout and a writer': ['confirmed', 'refresh', 'logout', 'write'],
};

/** A device with all that its browser holds. */
type Device = {readonly key: DeviceKey; readonly challenge: string; readonly cookies: Map<string, string>};

const keep = (cookies: Map<string, string>, {setCookie}: Answer): void => {
	for (const line of setCookie) {
		const [pair = ''] = line.split(';');
		const [name = '', ...value] = pair.split('=');
		if (/Max-Age=0/.test(line)) cookies.delete(name);
		else cookies.set(name, value.join('='));
	}
};

const headerOf = (cookies: Map<string, string>): string => [...cookies].map(pair => pair.join('=')).join('; ');

const challengeOf = (answer: Answer): string => {
	const {'secure-session-registration': offer = '', 'secure-session-challenge': challenge = ''} = answer.headers;
	return /challenge="([^"]+)"|^"([^"]+)"/.exec(`${challenge}${offer}`)?.slice(1).find(Boolean) ?? '';
};

const paths: Readonly<Record<string, string>> = {confirm: '/reads', read: '/reads', regenerate: '/keep'};

/** Sends what a party sends. Its cookies are those of before the race. */
const send = async (
	{port}: BoundApp,
	party: string,
	{key, challenge, cookies}: Device,
	other = key,
): Promise<Answer> => {
	const ask = (path: string, method: string, headers: Record<string, string> = {}) =>
		request(port, path, {method, headers: {...https, cookie: headerOf(cookies), 'x-party': party, ...headers}});
	const [verb = ''] = party.split(' ');
	if (verb === 'register') {
		const signer = party === 'register other' ? other : key;
		return ask(endpoint, 'POST', {'secure-session-response': signer.registration(challenge)});
	}
	if (verb !== 'refresh') return ask(paths[verb] ?? `/${verb}`, 'GET');

	const id = {'sec-secure-session-id': key.id};
	const asked = await ask(endpoint, 'POST', id);
	if (asked.status !== 403) return asked;
	return ask(endpoint, 'POST', {...id, 'secure-session-response': key.refresh(challengeOf(asked))});
};

/** A session at one of the stages. */
const prepare = async (app: BoundApp, stage: 'offered' | 'registered' | 'confirmed'): Promise<Device> => {
	const cookies = new Map<string, string>();
	const login = await request(app.port, '/login/ada', {headers: https});
	keep(cookies, login);
	const device = {key: new DeviceKey(), challenge: challengeOf(login), cookies};
	if (stage === 'offered') return device;
	keep(cookies, await send(app, 'register', device));
	keep(cookies, await send(app, 'refresh', device));
	if (stage === 'confirmed') keep(cookies, await send(app, 'confirm', device));
	return device;
};

const apps = new WeakMap<WatchedStore, Promise<BoundApp>>();
const schedulers = new WeakMap<WatchedStore, Scheduler>();

const holdRace = async (
	t: ExecutionContext,
	store: WatchedStore,
	scheduler: Scheduler,
	[stage, ...parties]: (typeof races)[string],
): Promise<void> => {
	schedulers.set(store, scheduler);
	const current = () => schedulers.get(store) as Scheduler;
	if (!apps.has(store)) {
		const options = {store, touchAfter: 0, storeTimeout: '1h'} as const;
		apps.set(
			store,
			startBoundApp(t, options, undefined, app => app.use((ctx, next) => current().as(ctx.get('x-party'), next))),
		);
	}
	const app = await (apps.get(store) as Promise<BoundApp>);
	store.around = async (operation, call) => {
		await current().step(`calls ${operation}`);
		const result = await call();
		await current().step(`sees ${operation}`);
		return result;
	};

	const device = await prepare(app, stage);
	const other = new DeviceKey();
	const answers = await scheduler.race(
		Object.fromEntries(parties.map(party => [party, () => send(app, party, device, other)])),
	);
	const of = (party: string) => answers[party] as Answer;
	const has = (party: string) => parties.includes(party);

	for (const party of parties) {
		const allowed = /^re(?:gister|fresh)/.test(party) ? [200, 404, 409] : [200];
		t.true(allowed.includes(of(party).status), `${party}: ${of(party).status}`);
	}

	// The browser has heard all answers; what it holds opens the newest session, or it was logged out.
	const cookies = new Map(device.cookies);
	for (const party of parties.toSorted((left, right) => rank(left) - rank(right))) keep(cookies, of(party));
	const after = await send(app, 'read', {...device, cookies});
	if (has('logout')) {
		t.is(of('logout').body.startsWith('nobody'), true);
		t.is(after.body, 'nobody', 'the logout won');
		if (stage === 'confirmed') t.is((await send(app, 'refresh', device)).status, 404);
		return;
	}

	t.regex(after.body, /^ada/, 'nobody was logged out');
	if (has('register other')) {
		const statuses = ['register', 'register other'].map(party => of(party).status);
		t.deepEqual(statuses.toSorted(), [200, 409], 'one key is bound');
	}
	if (has('write')) t.is((await send(app, 'views', {...device, cookies})).body, '1', 'the change is stored');
	if (stage === 'offered' && has('regenerate') && of('register').status === 404) {
		t.truthy(of('regenerate').headers['secure-session-registration'], 'offered again');
		return;
	}
	if (
		has('register other') ||
		(has('regenerate') && stage !== 'confirmed' && of('regenerate').headers['secure-session-registration'])
	)
		return;

	// The session is still bound to the same key, under whatever id, and the browser can refresh it.
	const refreshed = await send(app, 'refresh', {...device, cookies});
	t.is(refreshed.status, 200, 'the binding lives on');
	keep(cookies, refreshed);
	t.is((await send(app, 'read', {...device, cookies})).body, 'ada, bound');
};

/** In which order the browser hears the answers: a new id last. */
const rank = (party: string): number => (party === 'logout' ? 2 : party === 'regenerate' ? 1 : 0);

for (const [title, race] of Object.entries(races)) {
	onEachStore(
		`${title}, in many orders`,
		async (t, store, {races: count}) => {
			const seed = Number(process.env['SEED'] ?? randomInt(2 ** 31));
			t.log(`SEED=${seed}`);
			const random = seededRandom(seed);
			for (let run = 0; run < Math.ceil(count / 4); run++) {
				const scheduler = new Scheduler(random);
				try {
					await holdRace(t, store, scheduler, race);
				} catch (error) {
					t.log(`In run ${run}:`, scheduler.steps);
					throw error;
				}
			}
		},
		test,
	);
}
