import {execFile} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, globSync, readFileSync} from 'node:fs';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {join, posix} from 'node:path';
import {promisify} from 'node:util';
import type {ExecutionContext} from 'ava';
import {chromium} from 'playwright-core';
import {findChromium} from '../../services/chromium.ts';

const root = join(import.meta.dirname, '../../..');
const dist = join(root, 'site/dist');

const types: Readonly<Record<string, string>> = {
	'.html': 'text/html',
	'.js': 'text/javascript',
	'.css': 'text/css',
	'.svg': 'image/svg+xml',
};

const serve = async (): Promise<{url: string; close: () => void}> => {
	const server = createServer((request, response) => {
		const path = decodeURIComponent(new URL(request.url ?? '/', 'http://a').pathname);
		const file = join(dist, path.endsWith('/') ? `${path}index.html` : path);
		if (!existsSync(file)) return void response.writeHead(404).end();
		response
			.writeHead(200, {'content-type': types[posix.extname(file)] ?? 'application/octet-stream'})
			.end(readFileSync(file));
	}).listen(0, '127.0.0.1');
	await once(server, 'listening');
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		close() {
			server.closeAllConnections();
			server.close();
		},
	};
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

/** Builds the site and looks at it in a real browser, which takes a minute. */
export const checkBuiltSite = async (t: ExecutionContext): Promise<void> => {
	t.timeout(600_000);
	await promisify(execFile)(process.execPath, [join(root, 'site/index.ts')], {cwd: root, maxBuffer: 2 ** 24});
	const {url, close} = await serve();
	t.teardown(close);

	const files = globSync('**/*.html', {cwd: dist}).filter(file => !/^(?:404|benchmark-report)/.test(file));
	t.true(files.length > 60, `${files.length} pages`);
	const texts = new Map(globSync('**/*.html', {cwd: dist}).map(file => [file, readFileSync(join(dist, file), 'utf8')]));
	for (const file of files) {
		for (const [, href = ''] of (texts.get(file) ?? '').matchAll(/<a [^>]*href="([^"]+)"/g)) {
			if (/^[a-z]+:/.test(href)) continue;
			const [path = '', anchor] = href.split('#');
			const joined =
				path === '' ? file : posix.join(path.startsWith('/') ? '' : posix.dirname(file), path.replace(/^\//, ''));
			const target =
				joined === '' || joined.endsWith('/') || joined === '.' ? posix.join(joined, 'index.html') : joined;
			const text = texts.get(target) ?? texts.get(`${target}.html`);
			if (text === undefined && existsSync(join(dist, target))) continue;
			t.not(text, undefined, `${file}: ${href}`);
			if (anchor) t.true(text?.includes(`id="${decodeURIComponent(anchor)}"`), `${file}: ${href}`);
		}
	}

	const browser = await chromium.launch({executablePath: findChromium(), args: ['--no-sandbox', '--disable-gpu']});
	t.teardown(() => browser.close());
	const context = await browser.newContext({permissions: ['clipboard-read', 'clipboard-write']});
	const page = await context.newPage();
	const [foreign, complaints]: [string[], string[]] = [[], []];
	page.on('request', request => request.url().startsWith(url) || foreign.push(request.url()));
	page.on('pageerror', error => complaints.push(error.message));
	page.on('console', message => message.type() === 'error' && complaints.push(`${page.url()}: ${message.text()}`));

	for (const file of files.filter(file => !file.startsWith('api/') || file === 'api/index.html')) {
		await page.setViewportSize({width: 390, height: 800});
		await page.goto(`${url}/${file}`);
		const blocks = await page.locator('.vp-doc div[class*=language-]').count();
		t.is(await page.locator('.vp-doc div[class*=language-] > button.copy').count(), blocks, file);
		const width = await page.evaluate('document.documentElement.scrollWidth');
		t.true(Number(width) <= 390, `${file} is ${width} wide`);
	}

	await page.setViewportSize({width: 1440, height: 900});
	await page.goto(`${url}/examples/minimal.html`);
	await page.locator('div.language-js > button.copy').click();
	t.regex(String(await page.evaluate('navigator.clipboard.readText()')), /^import Koa from 'koa';/);
	await page.locator('.VPNavBarAppearance button').click();
	t.is(await page.evaluate('document.documentElement.classList.contains("dark")'), true);

	await page.locator('.DocSearch-Button').first().click();
	const results = page.locator('.VPLocalSearchBox .result');
	let before = '';
	for (const word of words) {
		await page.locator('#localsearch-input').fill(word);
		await page.waitForFunction(
			`![${JSON.stringify(before)}, ''].includes(document.querySelector('.VPLocalSearchBox .results')?.textContent ?? '')`,
		);
		before = (await page.locator('.VPLocalSearchBox .results').textContent()) ?? '';
		const [path = ''] = ((await results.first().getAttribute('href')) ?? '').split('#');
		t.regex(
			texts.get(path.slice(1) || 'index.html') ?? texts.get(`${path.slice(1)}index.html`) ?? '',
			new RegExp(word, 'i'),
			word,
		);
	}

	await page.goto(`${url}/states.html`);
	const says = () => page.locator('.states dd').allTextContents();
	t.is((await says())[0], 'new');
	await page.getByRole('button', {name: 'The route writes data'}).click();
	t.deepEqual((await says()).slice(0, 3), ['stored', 'an id and its expiry', 'the new token, with Set-Cookie']);
	await page.getByRole('button', {name: 'Another request logs out first'}).click();
	t.is((await says())[0], 'lost');
	t.deepEqual([foreign, complaints], [[], []]);
};
