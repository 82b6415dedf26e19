import test, {type ExecutionContext} from 'ava';
import {io} from 'socket.io-client';
import {startRecipe} from '../helpers/docs/recipe.ts';
import type {Jar} from '../helpers/http/jar.ts';

// An error in what nobody awaits would end the whole process, and here the run of this file.

/** Makes the first calls fail that a program makes outside of a route. */
const line = 'app.use(sessions);';
const failing = {
	[line]: `${line}
		for (const name of ['isAlive', 'fromRequest'] as const) {
			const ask = sessions[name] as (given: never) => Promise<never>;
			let left = 3;
			sessions[name] = (async (given: never) => {
				if (left-- > 0) throw new Error('The store is down');
				return ask(given);
			}) as never;
		}`,
};

const start = (t: ExecutionContext, name: string, changes: Readonly<Record<string, string>>): Promise<Jar> =>
	startRecipe(t, name, {...failing, ...changes});

test.serial('socket-io.ts and server-sent-events.ts: a store that fails for a moment ends nothing', async t => {
	const stream = await start(t, 'server-sent-events.ts', {5000: '20'});
	await stream.get('/login');
	for await (const chunk of (await stream.get('/events')).body?.pipeThrough(new TextDecoderStream()) ?? []) {
		t.regex(chunk, /^data: /);
		break;
	}

	const visitor = await start(t, 'socket-io.ts', {'30_000': '20'});
	await visitor.get('/login');
	const connect = () =>
		io(visitor.origin, {
			extraHeaders: {cookie: visitor.cookie, origin: 'http://localhost:3000'},
			transports: ['websocket'],
			forceNew: true,
			reconnection: false,
		});
	for (let attempt = 0; attempt < 3; attempt++) {
		const refused = connect();
		t.teardown(() => refused.disconnect());
		const [error] = await new Promise<[Error]>(resolve => refused.once('connect_error', (...args) => resolve(args)));
		t.is(error.message, 'Log in first', 'an error instead of an end of the process');
	}
	const socket = connect();
	t.teardown(() => socket.disconnect());
	t.is(await socket.timeout(20_000).emitWithAck('who'), 'ada');
	const ended = new Promise(resolve => socket.once('disconnect', resolve));
	await visitor.get('/logout');
	t.is(await ended, 'io server disconnect');
});
