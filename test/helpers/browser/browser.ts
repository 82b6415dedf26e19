// Playwright's types name those of pages. What is published is checked without them, by its own tsconfig.
/// <reference lib="dom" />
import type {ExecutionContext} from 'ava';
import {type Browser, type BrowserContext, type BrowserContextOptions, chromium} from 'playwright-core';
import {findChromium} from '../../services/chromium.ts';

// Without these, Chromium looks for hosts of its maker's on the network.
const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'];

let browser: Promise<Browser> | undefined;

/** A real browser with cookies of its own, as one more person has it. JavaScript is off unless asked for: most pages need none. */
export const openBrowser = async (t: ExecutionContext, options?: BrowserContextOptions): Promise<BrowserContext> => {
	browser ??= chromium.launch({executablePath: findChromium(), args: ['--no-sandbox', '--disable-gpu', ...quiet]});
	const context = await (await browser).newContext({javaScriptEnabled: false, ...options});
	// A busy machine must not fail a test; AVA's own limit comes later.
	context.setDefaultTimeout(100_000);
	t.teardown(() => context.close());
	return context;
};

/** Closes the browser of this file, after its tests. */
export const closeBrowser = async (): Promise<void> => (await browser)?.close();
