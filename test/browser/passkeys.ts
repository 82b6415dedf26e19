import test from 'ava';
import {chromium} from 'playwright-core';
import {startProgram} from '../helpers/docs/program.ts';
import {temporaryDirectory} from '../helpers/stores/stores.ts';
import {findChromium} from '../services/chromium.ts';
import {freePort} from '../services/server.ts';

// The recipe for passkeys, in a real browser with an authenticator that Chromium itself plays.

test('a passkey logs in, under a new id, and its answer counts once', async t => {
	const wanted = await freePort();
	const port = await startProgram(t, 'docs/recipes/webauthn.ts', {
		"'file:./sessions'": `'file:${await temporaryDirectory(t)}'`,
		// The browser signs the origin, so the program must know its port.
		'3000': String(wanted),
	});
	t.is(port, wanted);
	const browser = await chromium.launch({executablePath: findChromium(), args: ['--no-sandbox', '--disable-gpu']});
	t.teardown(() => browser.close());
	const page = await browser.newPage();
	const devtools = await page.context().newCDPSession(page);
	await devtools.send('WebAuthn.enable');
	await devtools.send('WebAuthn.addVirtualAuthenticator', {
		options: {
			protocol: 'ctap2',
			transport: 'internal',
			hasResidentKey: true,
			hasUserVerification: true,
			isUserVerified: true,
			automaticPresenceSimulation: true,
		},
	});

	const origin = `http://localhost:${port}`;
	const user = async () => (await page.request.get(`${origin}/user`)).text();
	const token = async () => (await page.context().cookies())[0]?.value;
	await page.goto(origin);
	await page.getByText('Register').click();
	await page.getByText('registered').waitFor();
	t.is(await user(), 'nobody');

	const before = await token();
	const [sent] = await Promise.all([
		page.waitForRequest(request => request.url().endsWith('/login')),
		page.getByText('Log in').click(),
	]);
	await page.getByText('logged in').waitFor();
	t.is(await user(), 'ada');
	t.not(await token(), before);
	const again = await page.request.post(`${origin}/login`, {data: sent.postData() ?? ''});
	t.true(again.status() >= 400, 'the challenge is gone');
});
