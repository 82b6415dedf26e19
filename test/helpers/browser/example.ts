import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import type {ExecutionContext} from 'ava';
import type {Page} from 'playwright-core';
import {temporaryDirectory} from '../stores/stores.ts';

/** The example application, as `npm start` runs it, in a process of its own. */
export type RunningExample = {
	/** Stays the same over restarts. */
	readonly url: string;

	/** What the first process told before its address, a line each. */
	readonly output: readonly string[];

	/** The password of the user `operator`, as anyone who may read the server's files knows it. */
	readonly operatorPassword: string;

	/** Ends the process in good order and starts another one on what it left. */
	restart(): Promise<void>;
};

/** How somebody logs in: by the password that the page shows, and not to be remembered, unless it says otherwise. */
export type Login = {readonly password?: string; readonly remember?: boolean};

/** Logs in by the form, as anyone who has the browser. */
export const logIn = async (page: Page, url: string, name = 'Ada', {password, remember}: Login = {}): Promise<void> => {
	await page.goto(`${url}/account`);
	await page.getByLabel('Name').fill(name);
	await page.getByLabel('Password').fill(password ?? (await page.locator('#hint code').textContent()) ?? '');
	if (remember) await page.getByLabel('Remember me').check();
	await page.getByRole('button', {name: 'Log in'}).click();
};

const program = join(import.meta.dirname, '../../../example/server.ts');

/** Starts the example on a store. Its keys are in a file of the test's own. */
export const startExample = async (
	t: Pick<ExecutionContext, 'teardown'>,
	store: string,
	env: Readonly<Record<string, string>> = {},
): Promise<RunningExample> => {
	const keys = join(await temporaryDirectory(t), 'keys');
	let running = await launch({...env, STORE: store, KEYS: keys, PORT: '0'});
	t.teardown(() => end(running.child));

	const {url, output} = running;
	return {
		url,
		output,
		operatorPassword: (await readFile(`${keys}.operator`, 'utf8')).trim(),
		async restart() {
			await end(running.child);
			running = await launch({...env, STORE: store, KEYS: keys, PORT: new URL(url).port});
		},
	};
};

type Launched = {readonly child: ChildProcess; readonly url: string; readonly output: readonly string[]};

const launch = async (env: Readonly<Record<string, string>>): Promise<Launched> => {
	const child = spawn(process.execPath, [program], {
		env: {...process.env, ...env},
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	let complaints = '';
	child.stderr.on('data', chunk => {
		complaints += chunk;
	});
	const output: string[] = [];
	for await (const line of createInterface({input: child.stdout})) {
		const [, url] = /^Open (\S+)$/.exec(line) ?? [];
		if (url) return {child, url, output};
		output.push(line);
	}

	throw new Error(`Expected the example to tell its address, but it ended:\n${complaints}`);
};

const end = async (child: ChildProcess): Promise<void> => {
	if (child.exitCode !== null || child.signalCode !== null) return;
	const ended = once(child, 'exit');
	child.kill('SIGTERM');
	await ended;
};
