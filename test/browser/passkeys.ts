import test from 'ava';
import type {Page} from 'playwright-core';
import {closeBrowser, openBrowser} from '../helpers/browser/browser.ts';
import {startAtOrigin} from '../helpers/docs/recipe.ts';

// The recipe for passkeys, in a real browser with an authenticator that Chromium itself plays.

test.after.always(closeBrowser);

/** Gives a page an authenticator, whose user always agrees. */
const addAuthenticator = async (page: Page): Promise<void> => {
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
};

test('a passkey logs in, under a new id, and its answer counts once', async t => {
	const origin = await startAtOrigin(t, 'webauthn.ts');
	const open = async (): Promise<Page> => {
		const page = await (await openBrowser(t, {javaScriptEnabled: true})).newPage();
		await addAuthenticator(page);
		return page;
	};
	const page = await open();
	const user = async () => (await page.request.get(`${origin}/user`)).text();
	const token = async () => (await page.context().cookies())[0]?.value;
	/** Clicks on "Register", and gives the status of the response to the new passkey. */
	const register = async (by: Page): Promise<number> => {
		const sent = by.waitForResponse(response => response.url().endsWith('/register'));
		await by.getByRole('button', {name: 'Register'}).click();
		return (await sent).status();
	};
	await page.goto(origin);
	t.is(await register(page), 200);
	t.is(await user(), 'nobody');

	const thief = await open();
	await thief.goto(origin);
	t.is(await register(thief), 403, 'the account has a passkey, and nobody is logged in');

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
	t.is(await register(page), 200, 'another one of the same user');
});
