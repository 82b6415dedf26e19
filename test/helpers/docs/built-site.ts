import {execFile} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, globSync, readFileSync} from 'node:fs';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {extname, join, posix} from 'node:path';
import {promisify} from 'node:util';
import type {ExecutionContext} from 'ava';
import {chromium, type Page} from 'playwright-core';
import {findChromium} from '../../services/chromium.ts';

const root = join(import.meta.dirname, '../../..');
const dist = join(root, 'site/dist');

const types: Readonly<Record<string, string>> = {
	'.html': 'text/html',
	'.js': 'text/javascript',
	'.css': 'text/css',
	'.svg': 'image/svg+xml',
};

/** Where the site is served: under a path, as a repository's pages are. */
const base = '/koa-server-session/';

const serve = async (): Promise<{url: string; close: () => void}> => {
	const server = createServer((request, response) => {
		const path = decodeURIComponent(new URL(request.url ?? '/', 'http://a').pathname);
		const file = join(dist, path.slice(base.length), path.endsWith('/') ? 'index.html' : '');
		if (!path.startsWith(base) || !existsSync(file)) return void response.writeHead(404).end();
		response
			.writeHead(200, {'content-type': types[extname(file)] ?? 'application/octet-stream'})
			.end(readFileSync(file));
	}).listen(0, '127.0.0.1');
	await once(server, 'listening');
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${base}`,
		close() {
			server.closeAllConnections();
			server.close();
		},
	};
};

/** What a page shows, as the browser has rendered it. */
type Seen = {
	readonly width: number;
	readonly anchors: readonly string[];
	readonly links: readonly string[];

	/** Each block of code, and what its copy button put on the clipboard. */
	readonly blocks: readonly {readonly code: string; readonly copied: string}[];
};

/** Runs in the page. Clicks every copy button, and waits until it says that it has copied. */
const look = `(async () => {
	const blocks = [];
	for (const block of document.querySelectorAll('.vp-doc div[class*=language-]')) {
		const button = block.querySelector('button.copy');
		await navigator.clipboard.writeText('');
		button?.click();
		for (let frame = 0; frame < 100 && !button?.classList.contains('copied'); frame++)
			await new Promise(resolve => setTimeout(resolve, 5));
		blocks.push({code: block.querySelector('pre').textContent.trim(), copied: (await navigator.clipboard.readText()).trim()});
	}

	return {
		width: document.documentElement.scrollWidth,
		anchors: Array.from(document.querySelectorAll('[id]'), ({id}) => id),
		links: Array.from(document.links, ({href}) => href),
		blocks,
	};
})()`;

/** The modules that a program can import, by the names that it uses. */
const modules = (): readonly string[] => {
	const {name, exports} = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
		name: string;
		exports: Readonly<Record<string, unknown>>;
	};
	return Object.keys(exports)
		.filter(entry => entry !== './package.json')
		.map(entry => posix.join(name, entry));
};

const words = [
	...['regenerate', 'idleTimeout', 'Redis', 'flash', 'revoke', 'Passport', 'Lambda', 'DynamoDB', 'encrypt', 'passkeys'],
	...[
		'migrate',
		'tombstone',
		'storeTimeout',
		'signIn',
		'OpenTelemetry',
		'touchAfter',
		'WebSockets',
		'Jest',
		'prune',
		'handle',
	],
];

/** Builds the site and looks at it in a real browser, which takes some minutes. */
export const checkBuiltSite = async (t: ExecutionContext): Promise<void> => {
	t.timeout(600_000);
	const env = {...process.env, SITE_BASE: base};
	await promisify(execFile)(process.execPath, [join(root, 'site/index.ts')], {cwd: root, env, maxBuffer: 2 ** 24});
	const {url, close} = await serve();
	t.teardown(close);

	const browser = await chromium.launch({executablePath: findChromium(), args: ['--no-sandbox', '--disable-gpu']});
	t.teardown(() => browser.close());
	const context = await browser.newContext({permissions: ['clipboard-read', 'clipboard-write']});
	const page = await context.newPage();
	const [foreign, complaints]: [string[], string[]] = [[], []];
	page.on('request', request => request.url().startsWith(url) || foreign.push(request.url()));
	page.on('pageerror', error => complaints.push(error.message));
	page.on('console', message => message.type() === 'error' && complaints.push(`${page.url()}: ${message.text()}`));

	const files = globSync('**/*.html', {cwd: dist}).filter(file => file !== '404.html');
	for (const module of modules()) t.true(files.includes(`api/${module}.html`), module);
	await page.setViewportSize({width: 390, height: 800});
	const seen = new Map<string, Seen>();
	for (const file of files) {
		await page.goto(url + file);
		// The benchmark report is a page of its own, without the theme.
		await page.waitForFunction("!document.getElementById('app') || document.getElementById('app').__vue_app__");
		seen.set(url + file, (await page.evaluate(look)) as Seen);
	}

	checkPages(t, url, seen);

	await page.setViewportSize({width: 1440, height: 900});
	await page.goto(`${url}examples/minimal.html`);
	await page.locator('.VPNavBarAppearance button').click();
	t.is(await page.evaluate('document.documentElement.classList.contains("dark")'), true);

	await checkSearch(t, page);
	await checkStates(t, page, url);
	t.deepEqual([foreign, complaints], [[], []]);
};

const checkPages = (t: ExecutionContext, url: string, seen: ReadonlyMap<string, Seen>): void => {
	t.true(seen.size > 65, `${seen.size} pages`);
	t.true([...seen.keys()].some(address => address.includes('/benchmark-report/')));
	let [links, copies] = [0, 0];
	for (const [address, {width, ...page}] of seen) {
		t.true(width <= 390, `${address} is ${width} wide`);
		for (const {code, copied} of page.blocks) {
			t.is(copied, code, address);
			copies++;
		}

		for (const link of page.links.filter(link => link.startsWith(new URL(url).origin))) {
			const [path = '', anchor = ''] = link.split('#');
			const target = seen.get(path.endsWith('/') ? `${path}index.html` : path);
			t.not(target, undefined, `${address}: ${link}`);
			if (anchor) t.true(target?.anchors.includes(decodeURIComponent(anchor)), `${address}: ${link}`);
			links++;
		}
	}

	t.true(links > 3000, `${links} links`);
	t.true(copies > 200, `${copies} blocks of code`);
};

/** Each word's first result leads to a page that has it. */
const checkSearch = async (t: ExecutionContext, page: Page): Promise<void> => {
	await page.locator('.DocSearch-Button').first().click();
	const results = page.locator('.VPLocalSearchBox .result');
	let before = '';
	const find = async (word: string) => {
		await page.locator('#localsearch-input').fill(word);
		await page.waitForFunction(
			`![${JSON.stringify(before)}, ''].includes(document.querySelector('.VPLocalSearchBox .results')?.textContent ?? '')`,
		);
		before = (await page.locator('.VPLocalSearchBox .results').textContent()) ?? '';
	};
	for (const word of words) {
		await find(word);
		const [path = ''] = ((await results.first().getAttribute('href')) ?? '').slice(base.length).split('#');
		const file = path === '' || path.endsWith('/') ? `${path}index.html` : path;
		t.regex(readFileSync(join(dist, file), 'utf8'), new RegExp(word, 'i'), word);
	}

	await find('RedisStore constructor');
	t.true((await results.allTextContents()).some(text => text.includes('koa-server-session/stores/redis')));
};

const checkStates = async (t: ExecutionContext, page: Page, url: string): Promise<void> => {
	await page.goto(`${url}states.html`);
	const says = async () => (await page.locator('.states dd').allTextContents()).slice(0, 3);
	const current = () => page.locator('.states svg .current > text').allTextContents();
	const click = (name: string) => page.getByRole('button', {name}).click();
	t.deepEqual(await says(), ['new', 'nothing', 'nothing']);
	await click('The route writes data');
	t.deepEqual(await says(), ['stored: A', 'nothing', 'the token of A']);
	t.deepEqual(await current(), ['stored', 'A', 'write']);
	await click('It has a session’s token');
	await click('The route calls regenerate()');
	t.deepEqual(await says(), ['stored: B', 'the token of A', 'the token of B']);
	await click('The route calls destroy()');
	t.deepEqual(await says(), ['new', 'the token of A', 'to forget its token']);
	await click('It has a session’s token');
	await click('Another request ends it first');
	t.deepEqual(await current(), ['lost', 'ended', 'lose']);
	const next = page.locator('.pager-link').first();
	const [view, links] = [await page.locator('.states').boundingBox(), await next.boundingBox()];
	t.true(view && links && view.y < links.y, 'the view is above the links to other pages');
};
