import test from 'ava';
import type {Page} from 'playwright-core';
import {closeBrowser, openBrowser} from '../helpers/browser/browser.ts';
import {startAtOrigin} from '../helpers/docs/recipe.ts';

// The recipe for Socket.IO, with the headers that a real browser sends.

test.after.always(closeBrowser);

test('a page of the same server connects as clients do by default, and a page of another one does not', async t => {
	const origin = await startAtOrigin(t, 'socket-io.ts');
	const context = await openBrowser(t, {javaScriptEnabled: true});
	const page = await context.newPage();
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
	await elsewhere.goto(origin.replace('localhost', '127.0.0.1'));
	t.is(await connect(elsewhere, "{transports: ['websocket']}"), 'websocket error');
});
