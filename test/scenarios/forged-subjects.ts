import test from 'ava';
import {encrypt} from '../../source/codecs/encrypt.ts';
import {codec, json, type Store} from '../../source/index.ts';
import {recordEvents} from '../helpers/events/record-events.ts';
import {startApp} from '../helpers/http/app.ts';
import {onEachStore} from '../helpers/stores/on-each-store.ts';

// A subject stands beside the bytes, where a store can find it. Only the one in the bytes counts.

/** Gives a record another subject, as someone can who has the store. */
const forge = async (store: Store, key: string, subject: string | undefined): Promise<void> => {
	const record = await store.read(key);
	if (record) await store.update(key, {...record, subject}, record.version);
};

onEachStore(
	'who can write to the store can’t make an encrypted session another user’s, nor nobody’s',
	async (t, store) => {
		const events = recordEvents(t);
		const keys = ['an encryption key of 32 characters or more'];
		const {client} = await startApp(t, {store, codec: codec(json(), encrypt(keys))}, ctx => {
			if (ctx.path === '/login') ctx.session.subject = 'ada';
			if (ctx.path === '/write') ctx.session['views'] = 1;
			ctx.body = String(ctx.session.subject);
		});

		for (const [path, own, other] of [
			['/login', 'ada', 'admin'],
			['/login', 'ada', undefined],
			['/write', undefined, 'admin'],
		] as const) {
			const visitor = client();
			let key = '';
			store.around = (operation, call, of) => {
				if (operation === 'create') key = of;
				return call();
			};
			await visitor.get(path);
			await forge(store, key, other);
			events.length = 0;
			t.is((await visitor.get('/')).body, 'undefined');
			t.like(
				events.find(({name}) => name === 'undecodable'),
				{payload: {error: 'ERR_SESSION_UNDECODABLE'}},
			);

			await forge(store, key, own);
			t.is((await visitor.get('/')).body, String(own), 'the record is as it was');
		}
	},
	test.serial,
);
