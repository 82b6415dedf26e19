import test from 'ava';
import {chromium, type Page} from 'playwright-core';
import {startProgram} from '../helpers/docs/program.ts';
import {temporaryDirectory} from '../helpers/stores/stores.ts';
import {findChromium} from '../services/chromium.ts';
import {freePort} from '../services/server.ts';

// The recipe for Socket.IO, with the headers that a real browser sends.

test('a page of the same server connects as clients do by default, and a page of another one does not', async t => {
	const wanted = await freePort();
	const port = await startProgram(t, 'docs/recipes/socket-io.ts', {
		"'file:./sessions'": `'file:${await temporaryDirectory(t)}'`,
		// Part of the origin, so the program must know it.
		'3000': String(wanted),
	});
	t.is(port, wanted);
	const browser = await chromium.launch({executablePath: findChromium(), args: ['--no-sandbox', '--disable-gpu']});
	t.teardown(() => browser.close());
	const context = await browser.newContext();
	const page = await context.newPage();
	const origin = `http://localhost:${port}`;
	const connect = async (from: Page, options = '{}'): Promise<unknown> => {
		await from.addScriptTag({url: `${origin}/socket.io/socket.io.js`});
		return from.evaluate(`new Promise(resolve => {
			const socket = io('${origin}', ${options});
			socket.on('connect_error', ({message}) => resolve(message));
			socket.emit('who', resolve);
		})`);
	};
	await page.goto(`${origin}/login`);
	t.is(await connect(page), 'ada');

	const elsewhere = await context.newPage();
	await elsewhere.goto(`http://127.0.0.1:${port}/`);
	t.is(await connect(elsewhere, "{transports: ['websocket']}"), 'websocket error');
});
