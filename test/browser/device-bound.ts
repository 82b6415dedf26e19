import {execFile} from 'node:child_process';
import {once} from 'node:events';
import https from 'node:https';
import type {AddressInfo} from 'node:net';
import {promisify} from 'node:util';
import test, {type ExecutionContext} from 'ava';
import Koa from 'koa';
import type {BrowserContext, Page} from 'playwright-core';
import {createCertificate} from '../../example/certificate.ts';
import session, {observe, type SessionMiddleware} from '../../source/index.ts';
import {MemoryStore} from '../../source/stores/memory.ts';
import {logIn, startExample} from '../helpers/browser/example.ts';
import {boundRoute} from '../helpers/device/bound-app.ts';
import {startDevice} from '../helpers/device/chromium.ts';
import {type TestContext, testKeys} from '../helpers/http/app.ts';
import {temporaryDirectory} from '../helpers/stores/stores.ts';
import {type WatchedStore, watch} from '../helpers/stores/watched-store.ts';

// What `test/scenarios/device-bound.ts` says, in a real Chromium over HTTPS. The server's clock is moved; the browser's isn't, so
// instead of waiting for the end of its short cookie, it is taken away.

const minute = 60_000;

/** A server whose store and keys survive a restart. */
class Site {
	readonly store: WatchedStore = watch(new MemoryStore());
	readonly certificate = createCertificate();
	keys = [...testKeys];
	port = 0;
	#server: https.Server | undefined;

	async start(): Promise<void> {
		const app = new Koa();
		app.silent = true;
		const sessions: SessionMiddleware = session(app, {
			store: this.store,
			keys: () => this.keys,
			storeTimeout: '30s',
			deviceBound: true,
		});
		app.use((ctx, next) => {
			if (ctx.hostname.endsWith('.other.test')) ctx.body = `<a href="${this.url}${ctx.path}">away</a>`;
			else return next();
			return undefined;
		});
		app.use(sessions);
		app.use(ctx => boundRoute(ctx as unknown as TestContext));
		this.#server = https.createServer(this.certificate, app.callback()).listen(this.port, '127.0.0.1');
		await once(this.#server, 'listening');
		this.port = (this.#server.address() as AddressInfo).port;
	}

	async stop(): Promise<void> {
		const closed = once(this.#server as https.Server, 'close');
		this.#server?.closeAllConnections();
		this.#server?.close();
		this.#server?.closeAllConnections();
		await closed;
	}

	get url(): string {
		return `https://www.example.test:${this.port}`;
	}

	/** What another client gets for cookies that it has copied. */
	ask(path: string, cookie: string): Promise<string> {
		return new Promise((resolve, reject) => {
			const options = {host: '127.0.0.1', port: this.port, path, headers: {cookie}, rejectUnauthorized: false};
			https
				.get(options, answer => {
					let body = '';
					answer.on('data', chunk => {
						body += chunk;
					});
					answer.on('end', () => resolve(body));
				})
				.on('error', reject);
		});
	}
}

/** Lets the server's clock go on ahead of the real one. */
const moveClock = (t: ExecutionContext): ((milliseconds: number) => void) => {
	const realNow = Date.now;
	let ahead = 0;
	Date.now = () => realNow() + ahead;
	t.teardown(() => {
		Date.now = realNow;
	});
	return milliseconds => {
		ahead += milliseconds;
	};
};

/** The steps of bindings, and the next one of a kind. */
const watchSteps = (t: ExecutionContext) => {
	const steps: string[] = [];
	const waiting = new Map<string, () => void>();
	t.teardown(
		observe('bind', ({step, reason}) => {
			steps.push(reason ? `${step} ${reason}` : step);
			waiting.get(step)?.();
		}),
	);
	return {
		steps,
		next: (step: string): Promise<void> => new Promise(resolve => void waiting.set(step, resolve)),
	};
};

const start = async (t: ExecutionContext) => {
	const site = new Site();
	await site.start();
	t.teardown(() => site.stop());
	const profile = await temporaryDirectory(t);
	let context: BrowserContext = await startDevice(profile, site.certificate.pin);
	t.teardown(() => context.close());
	const elapse = moveClock(t);
	const {steps, next} = watchSteps(t);

	const read = async (page: Page, path: string): Promise<string> => {
		await page.goto(`${site.url}${path}`);
		return (await page.locator('body').textContent()) ?? '';
	};
	/** Logs in, and goes on until a proof is demanded of everybody. */
	const logIn = async (page: Page): Promise<void> => {
		const registered = next('registered');
		await page.goto(`${site.url}/login/ada`);
		await registered;
		while (!steps.includes('confirmed')) await page.goto(`${site.url}/reads`);
		elapse(minute);
	};
	return {
		site,
		steps,
		next,
		read,
		logIn,
		context: () => context,
		/** The short cookie's life is over. */
		async outlive() {
			elapse(12 * minute);
			await context.clearCookies({name: 'sid-bound'});
		},
		async cookies(): Promise<string> {
			const all = await context.cookies(`${site.url}/reads`);
			return all.map(({name, value}) => `${name}=${value}`).join('; ');
		},
		async restartBrowser(): Promise<Page> {
			await context.close();
			context = await startDevice(profile, site.certificate.pin);
			return context.newPage();
		},
	};
};

test.serial('in Chromium: a login is bound, copied cookies die, and its owner goes on through everything', async t => {
	t.timeout(120_000);
	const {site, steps, read, logIn, context, outlive, cookies, restartBrowser} = await start(t);
	let page = await context().newPage();
	await logIn(page);
	t.deepEqual(steps.slice(0, 2), ['offered', 'registered']);
	t.is(await read(page, '/reads'), 'ada, bound');

	const stolen = await cookies();
	t.is(await site.ask('/reads', stolen), 'ada, bound', 'at once');
	await outlive();
	t.is(await site.ask('/reads', stolen), 'nobody');
	t.is(await read(page, '/reads'), 'ada, bound', 'held until the proof is made again');
	t.is(await site.ask('/reads', stolen), 'nobody');

	await outlive();
	await page.goto(`https://www.other.test:${site.port}/reads`);
	await page.getByText('away').click();
	t.is(await page.locator('body').textContent(), 'ada, bound', 'by a link on another site');

	await read(page, '/keep');
	await outlive();
	t.is(await read(page, '/reads'), 'ada, bound', 'under its new id');
	await outlive();
	await page.goto(`https://www.other.test:${site.port}/reads`);
	await page.getByText('away').click();
	t.is(await page.locator('body').textContent(), 'ada, bound');

	await outlive();
	const tabs = await Promise.all([1, 2, 3].map(() => context().newPage()));
	t.deepEqual(await Promise.all(tabs.map(tab => read(tab, '/reads'))), Array(3).fill('ada, bound'));

	site.keys = ['a key that is newer than the two before', ...site.keys];
	await outlive();
	t.is(await read(page, '/reads'), 'ada, bound', 'with a newer key');

	await site.stop();
	await site.start();
	await outlive();
	t.is(await read(page, '/reads'), 'ada, bound', 'after a restart of the server');

	const {around} = site.store;
	site.store.around = async () => {
		throw new Error('the store is down');
	};
	await outlive();
	t.is(await read(page, '/reads'), 'Service Unavailable');
	site.store.around = around;
	t.is(await read(page, '/reads'), 'ada, bound', 'once the store is back');

	await context().clearCookies({name: 'sid-bound'});
	page = await restartBrowser();
	t.is(await read(page, '/reads'), 'ada, bound', 'after a restart of the browser');

	const refused = steps.filter(step => step.startsWith('refused gone'));
	t.deepEqual(refused, []);
	t.is(await read(page, '/logout'), 'nobody');
	t.is(await read(page, '/reads'), 'nobody');
	t.deepEqual(
		(await context().cookies()).map(({name}) => name),
		[],
	);
});

test.serial('in Chromium: a login to which another site has led is bound, and so is the next one', async t => {
	t.timeout(120_000);
	const {site, steps, next, read, context, outlive} = await start(t);
	const page = await context().newPage();
	const registered = next('registered');
	await page.goto(`https://www.other.test:${site.port}/login/ada`);
	await page.getByText('away').click();
	await registered;
	while (!steps.includes('confirmed')) await read(page, '/reads');
	await outlive();
	t.is(await read(page, '/reads'), 'ada, bound');

	await read(page, '/logout');
	const again = next('registered');
	t.is(await read(page, '/login/eve'), 'eve');
	await again;
	await outlive();
	t.is(await read(page, '/reads'), 'eve, bound');
});

test.serial(
	'in Chromium: the example over HTTPS shows that the session is bound, and has its cookie stolen',
	async t => {
		t.timeout(120_000);
		const {url, output} = await startExample(t, `file:${await temporaryDirectory(t)}`, {HTTPS: '1'});
		const [, pin = ''] = /--ignore-certificate-errors-spki-list=(\S+)/.exec(output.join('\n')) ?? [];
		t.true(output.join('\n').includes(`${url}/account`));
		const context = await startDevice(await temporaryDirectory(t), pin);
		t.teardown(() => context.close());
		const page = await context.newPage();
		await page.goto(`${url}/steal`);
		t.true(await page.getByText('Your session isn’t bound to this device').isVisible());

		await logIn(page, url);
		for (;;) {
			await page.goto(`${url}/steal`);
			if (await page.locator('#copy').isVisible()) break;
		}

		const command = (await page.locator('#copy').textContent()) ?? '';
		const dead = Date.parse((await page.locator('#dead').getAttribute('datetime')) ?? '');
		t.true(dead > Date.now() && dead <= Date.now() + 11 * minute + 1000);
		const {stdout} = await promisify(execFile)('sh', ['-c', command]);
		t.regex(stdout, /<h1>Hello, Ada<\/h1>/);

		await page.goto(`${url}/devices`);
		t.true(await page.getByText('to a key in the device').isVisible());
		await page.locator('#cookie').getByRole('link', {name: 'steal this cookie'}).click();
		t.true(await page.getByRole('heading', {name: 'Steal this cookie'}).isVisible());
		await page.getByRole('button', {name: 'Log out'}).first().click();
		t.regex((await promisify(execFile)('sh', ['-c', command])).stdout, /<h1>Log in<\/h1>/, 'it is dead at once');
	},
);
