import test from 'ava';
import {io} from 'socket.io-client';
import {startRecipe} from '../helpers/docs/recipe.ts';

// The recipes whose connections last: they end with the session. `browser/socket-io.ts` connects from a page.

test.serial('socket-io.ts: only who is logged in connects, and the logout disconnects', async t => {
	const visitor = await startRecipe(t, 'socket-io.ts', {'30_000': '100'});
	const connect = (cookie: string, origin = 'http://localhost:3000') => {
		const socket = io(visitor.origin, {
			extraHeaders: {cookie, origin},
			transports: ['websocket'],
			forceNew: true,
			reconnection: false,
		});
		t.teardown(() => socket.disconnect());
		return socket;
	};
	const stranger = connect('');
	const [error] = await new Promise<[Error]>(resolve => stranger.once('connect_error', (...args) => resolve(args)));
	t.is(error.message, 'Log in first');

	await visitor.get('/login');
	const elsewhere = connect(visitor.cookie, 'http://shop.localhost:3000');
	await new Promise(resolve => elsewhere.once('connect_error', resolve));
	const socket = connect(visitor.cookie);
	t.is(await socket.timeout(20_000).emitWithAck('who'), 'ada');
	socket.emit('who').emit('who', 'no function');
	t.is(await socket.timeout(20_000).emitWithAck('who'), 'ada', 'a client that asks wrongly ends nothing');
	const ended = new Promise(resolve => socket.once('disconnect', resolve));
	await visitor.get('/logout');
	t.is(await ended, 'io server disconnect');
});

test.serial('server-sent-events.ts: the stream ends with the session', async t => {
	const visitor = await startRecipe(t, 'server-sent-events.ts', {5000: '20'});
	t.is((await visitor.get('/events')).status, 401);
	await visitor.get('/login');
	const before = visitor.fork();
	await visitor.get('/login');
	t.is((await before.get('/events')).status, 401, 'the old id opens nothing');
	const {body, headers} = await visitor.get('/events');
	t.regex(headers.get('content-type') ?? '', /^text\/event-stream/);
	const chunks: string[] = [];
	for await (const chunk of body?.pipeThrough(new TextDecoderStream()) ?? []) {
		chunks.push(chunk);
		if (chunks.length === 1) await visitor.get('/logout');
	}
	t.regex(chunks[0] ?? '', /^data: \d{4}-/);
	t.regex(chunks.join(''), /event: logout\ndata:\n\n$/);
});
