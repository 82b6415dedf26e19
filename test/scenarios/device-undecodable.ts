import test, {type ExecutionContext} from 'ava';
import {encrypt} from '../../source/codecs/encrypt.ts';
import {codec, json, type Store} from '../../source/index.ts';
import {startBoundApp} from '../helpers/device/bound-app.ts';
import {DeviceKey} from '../helpers/device/device-key.ts';
import {request} from '../helpers/http/app.ts';
import {fakeClock} from '../helpers/stores/conforms.ts';
import {onTwoStores} from '../helpers/stores/on-each-store.ts';

// Sessions that are bound to a device, and whose codec lacks the key for a time: nobody has to log in again. Time is faked.

const minute = 60_000;

const [right, wrong] = [
	'the key of the sessions, of 32 characters or more',
	'another key, also of 32 characters or more',
];

/** An application whose codec needs a key, which may change at any time. */
const startSealed = async (t: ExecutionContext, store: Store) => {
	const keys = [right];
	const sealed = codec(
		json(),
		encrypt(() => keys),
	);
	return {keys, ...(await startBoundApp(t, {store, codec: sealed}))};
};

onTwoStores(
	'a browser whose session can’t be read tries again later, and goes on once the key is back',
	async (t, store) => {
		const clock = fakeClock(t);
		const {browser, keys} = await startSealed(t, store);
		const ada = browser();
		for (const path of ['/login/ada', '/reads', '/reads']) await ada.visit(path);

		keys[0] = wrong;
		await clock.advance(12 * minute);
		const posts = ada.log.length;
		t.is((await ada.visit('/reads')).body, 'nobody');
		t.deepEqual(ada.log.slice(posts), ['refresh 503']);
		t.deepEqual(ada.skipped, ['server_error']);

		keys[0] = right;
		t.is((await ada.visit('/reads')).body, 'ada, bound');
		t.deepEqual(ada.log.slice(posts + 1), ['refresh 403', 'refresh 200']);
	},
	test.serial,
);

onTwoStores(
	'a session that can’t be read is bound once the key is back',
	async (t, store) => {
		const {port, keys} = await startSealed(t, store);
		const https = {'x-forwarded-proto': 'https'};
		const login = await request(port, '/login/ada', {headers: https});
		const [, challenge = ''] = /challenge="([^"]+)"/.exec(String(login.headers['secure-session-registration'])) ?? [];
		const headers = {...https, 'secure-session-response': new DeviceKey().registration(challenge)};
		const register = () => request(port, '/.session-key', {method: 'POST', headers});

		keys[0] = wrong;
		t.like(await register(), {status: 503, setCookie: []});

		keys[0] = right;
		const registered = await register();
		t.is(registered.status, 200);
		const cookie = [...login.setCookie, ...registered.setCookie].map(line => line.split(';')[0]).join('; ');
		t.is((await request(port, '/reads', {headers: {...https, cookie}})).body, 'ada, bound');
	},
	test.serial,
);
