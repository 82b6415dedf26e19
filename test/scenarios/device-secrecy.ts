import test, {type ExecutionContext} from 'ava';
import {startBoundApp} from '../helpers/device/bound-app.ts';
import {DeviceKey} from '../helpers/device/device-key.ts';
import {listenToAll} from '../helpers/events/listen-to-all.ts';
import {type Answer, request} from '../helpers/http/app.ts';
import {fakeClock} from '../helpers/stores/conforms.ts';
import {onTwoStores} from '../helpers/stores/on-each-store.ts';
import type {WatchedStore} from '../helpers/stores/watched-store.ts';

// Rule 21, where sessions are bound to a device: all that their life can make anyone say is searched for what is secret.

const minute = 60_000;
const endpoint = '/.session-key';
const https = {'x-forwarded-proto': 'https'};

/** The ids, handles and signatures of a cookie, a challenge or a proof. Events show the first 8 characters of a handle. */
const partsOf = (text: string): string[] =>
	text
		.split('.')
		.map(part => part.slice(0, 9))
		.filter(part => part.length > 8);

/** What a response tells only its client: cookies, and a challenge if there is one. */
const toldBy = ({setCookie, headers}: Answer): string[] => {
	const {'secure-session-registration': offer = '', 'secure-session-challenge': challenge = ''} = headers;
	const cookies = setCookie.map(line => line.split(';')[0]?.split('=')[1] ?? '');
	return [...cookies, challengeIn(`${offer}${challenge}`)];
};

const challengeIn = (header: string): string => /([\w-]{43}\.[\w.-]+)/.exec(header)?.[1] ?? '';

/** Each step of a binding and each refusal, and a store that fails; gives all that is secret. */
const live = async (
	t: ExecutionContext,
	store: WatchedStore,
	add: (...values: unknown[]) => void,
): Promise<Set<string>> => {
	const clock = fakeClock(t);
	const {browser, port} = await startBoundApp(t, {store}, undefined, app => {
		// So that Koa prints what nobody listens for.
		app.silent = false;
		app.on('error', error => {
			add(error);
			app.onerror(error);
		});
	});
	const ada = browser();
	const secrets = new Set<string>();
	const hear = (answer: Answer): Answer => {
		for (const text of toldBy(answer)) secrets.add(text);
		return answer;
	};
	const visit = async (path: string): Promise<Answer> => {
		const answer = hear(await ada.visit(path));
		for (const {value} of ada.jar.cookies) secrets.add(value);
		add(answer.body);
		return answer;
	};
	const post = async (headers: Readonly<Record<string, string>>): Promise<Answer> => {
		secrets.add(headers['secure-session-response'] ?? '');
		return hear(await request(port, endpoint, {method: 'POST', headers: {...https, ...headers}}));
	};

	const login = await visit('/login/ada');
	const offered = challengeIn(String(login.headers['secure-session-registration']));
	const thief = new DeviceKey();
	t.is((await post({'secure-session-response': thief.registration(offered)})).status, 409);
	for (const path of ['/reads', '/reads', '/write', '/keep', '/fail']) await visit(path);
	t.is((await post({'secure-session-response': thief.registration(offered)})).status, 404);

	const {key, terms} = ada.bindings[0] ?? t.fail();
	for (const text of [key.text, terms.session_identifier, thief.text]) secrets.add(text);
	const mine = {...ada.stealAll(), 'sec-secure-session-id': terms.session_identifier};
	const challenge = challengeIn(String((await post(mine)).headers['secure-session-challenge']));
	t.is((await post({...mine, 'secure-session-response': key.refresh(challenge)})).status, 200);
	t.is((await post({...mine, 'secure-session-response': thief.refresh(challenge)})).status, 404);
	t.is((await post({...mine, 'sec-secure-session-id': thief.id})).status, 404);

	store.around = async () => {
		throw new Error('the disk is full');
	};
	t.is((await post(mine)).status, 503);
	t.is((await visit('/write')).status, 503);
	store.around = async (operation, call) => {
		const answer = await call();
		return operation === 'read' ? {...(answer as object), bytes: Buffer.from('\u0001rubbish')} : answer;
	};
	t.is((await post(mine)).status, 503);
	store.around = (_operation, call) => call();

	const {cookie} = ada.steal();
	await clock.advance(12 * minute);
	for (const path of ['/write', '/fail']) add((await request(port, path, {headers: {...https, cookie}})).body);
	await visit('/logout');
	return secrets;
};

onTwoStores(
	'no cookie, challenge, proof or key of a device is in any event, error, warning or log',
	async (t, store) => {
		const {add, events, all} = listenToAll(t);
		const secrets = [...(await live(t, store, add))].flatMap(partsOf);
		t.true(secrets.length > 20, `${secrets.length}`);

		const steps = events.filter(({name}) => name === 'bind').map(({payload}) => payload as Record<string, string>);
		t.deepEqual([...new Set(steps.map(({step, reason = step}) => reason))].toSorted(), [
			...['confirmed', 'gone', 'offered', 'other-key', 'proof', 'refreshed', 'registered', 'unproven'],
		]);
		const said = all();
		t.regex(said, /the disk is full/, 'what is said is gathered');
		t.regex(said, /ERR_SESSION_UNDECODABLE/);
		t.deepEqual(
			secrets
				.filter(secret => said.includes(secret))
				.map(secret => said.slice(said.indexOf(secret) - 200).slice(0, 300)),
			[],
		);
	},
	test.serial,
);
