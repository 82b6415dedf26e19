import v8 from 'node:v8';
import test from 'ava';
import {type Envelope, pair} from '../../source/codec.ts';
import {startApp} from '../helpers/http/app.ts';
import {onTwoStores} from '../helpers/stores/on-each-store.ts';

// `v8.deserialize()` returns views of the bytes that it gets.

const codec = pair<Envelope>(v8.serialize, v8.deserialize);

test('what `decode` gets is a copy, so that a session can’t write into what is stored', t => {
	const session = {createdAt: 1, permanent: true, data: {bits: new Uint8Array(64)}};
	const passage = codec(undefined, {key: ''});
	passage.next();
	const {value: stored} = passage.next(session);
	if (!stored) return t.fail();

	const before = Uint8Array.from(stored as Uint8Array);
	const reading = codec(stored as Uint8Array, {key: ''});
	const {value} = reading.next();
	((value as Envelope).data['bits'] as Uint8Array)[0] = 1;
	t.deepEqual(Uint8Array.from(stored as Uint8Array), before);
	t.not(reading.next(value as Envelope).value, stored, 'a change of its bytes is seen');
});

onTwoStores('a change inside of bytes is stored', async (t, store) => {
	const {client} = await startApp(t, {store, codec}, ctx => {
		ctx.session['bits'] ??= Buffer.alloc(64);
		const bits = ctx.session['bits'] as Buffer;
		ctx.body = String(bits[0]);
		bits[0] = Number(bits[0]) + 1;
	});
	const visitor = client();
	const answers = [await visitor.get('/'), await visitor.get('/'), await visitor.get('/')];
	t.deepEqual(
		answers.map(({body}) => body),
		['0', '1', '2'],
	);
});

test('what `decode` gets is a `Buffer`, as stores give it, so that its text can be read', t => {
	const text = pair<Envelope>(
		session => Buffer.from(JSON.stringify(session)),
		bytes => JSON.parse(bytes.toString()),
	);
	const session = {createdAt: 1, permanent: true, data: {user: 'ada'}};
	const reading = text(new TextEncoder().encode(JSON.stringify(session)), {key: ''});
	t.deepEqual(reading.next().value, session);
});
