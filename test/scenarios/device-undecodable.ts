import test from 'ava';
import {encrypt} from '../../source/codecs/encrypt.ts';
import {codec, json} from '../../source/index.ts';
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

onTwoStores(
	'a browser whose session can’t be read tries again later, and goes on once the key is back',
	async (t, store) => {
		const clock = fakeClock(t);
		let key = right;
		const {browser} = await startBoundApp(t, {
			store,
			codec: codec(
				json(),
				encrypt(() => [key]),
			),
		});
		const ada = browser();
		for (const path of ['/login/ada', '/reads', '/reads']) await ada.visit(path);

		key = wrong;
		await clock.advance(12 * minute);
		const posts = ada.log.length;
		t.is((await ada.visit('/reads')).body, 'nobody');
		t.deepEqual(ada.log.slice(posts), ['refresh 503']);
		t.deepEqual(ada.skipped, ['server_error']);

		key = right;
		t.is((await ada.visit('/reads')).body, 'ada, bound');
		t.deepEqual(ada.log.slice(posts + 1), ['refresh 403', 'refresh 200']);
	},
	test.serial,
);

onTwoStores(
	'a session that can’t be read is bound once the key is back',
	async (t, store) => {
		let key = right;
		const {port} = await startBoundApp(t, {
			store,
			codec: codec(
				json(),
				encrypt(() => [key]),
			),
		});
		const https = {'x-forwarded-proto': 'https'};
		const login = await request(port, '/login/ada', {headers: https});
		const [, challenge = ''] = /challenge="([^"]+)"/.exec(String(login.headers['secure-session-registration'])) ?? [];
		const headers = {...https, 'secure-session-response': new DeviceKey().registration(challenge)};
		const register = () => request(port, '/.session-key', {method: 'POST', headers});

		key = wrong;
		t.like(await register(), {status: 503, setCookie: []});

		key = right;
		const registered = await register();
		t.is(registered.status, 200);
		const cookie = [...login.setCookie, ...registered.setCookie].map(line => line.split(';')[0]).join('; ');
		t.is((await request(port, '/reads', {headers: {...https, cookie}})).body, 'ada, bound');
	},
	test.serial,
);
