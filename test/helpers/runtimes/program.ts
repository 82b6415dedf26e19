/*
Runs chosen scenarios and the contract of stores, in any runtime that finds `ava` in `ava.ts` beside this file. Its argument
is what to run, as JSON; its last line is what came of it.
*/
import {mkdtempSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {Store} from '../../../source/store.ts';
import {open} from '../../../source/stores/open.ts';
import {storeCases, systemClock} from '../../../source/testing/index.ts';
import {keepsContract} from '../stores/conforms-in-short.ts';
import {registered, runTest} from './ava.ts';

/** What a run is about. */
export type Plan = {
	/** Names of files in `test/scenarios/`. */
	readonly scenarios: readonly string[];

	/** The stores that scenarios run on. */
	readonly on: readonly string[];

	/** Stores by their names. `isWhole`: every case of the contract, not only each operation once. */
	readonly stores: Readonly<Record<string, {readonly url: string; readonly isWhole: boolean}>>;
};

/** What came of it: the titles that passed, and the errors of the others. */
export type Outcome = {readonly passed: readonly string[]; readonly failed: Readonly<Record<string, string>>};

/** What cases may need: on a server that others use, and in a place of the store's own. Other processes are left to Node. */
const possible: Readonly<Record<'shared' | 'own', readonly string[]>> = {
	shared: ['keeps', 'compareAndSwap'],
	own: ['keeps', 'compareAndSwap', 'prune', 'bySubject', 'keys'],
};

const hasOwnPlace = (url: string): boolean => /^(?:memory|file|sqlite):$/.test(url);

const plan: Plan = JSON.parse(process.argv.at(-1) ?? '');
const passed: string[] = [];
const failed: Record<string, string> = {};
const attempt = async (title: string, run: () => Promise<unknown>): Promise<void> => {
	try {
		await run();
		passed.push(title);
	} catch (error) {
		failed[title] = String((error as Error)?.stack ?? error);
	}
};

for (const name of plan.scenarios) {
	registered.length = 0;
	await import(`../../scenarios/${name}.ts`);
	for (const {title, run} of registered.filter(({title}) => plan.on.some(store => title.startsWith(`${store}: `)))) {
		await attempt(`${name}: ${title}`, () => runTest(run));
	}
}

/** Opens a store in a place of its own, where it has files. */
const openOwn = async (url: string): Promise<Store> => {
	const place =
		hasOwnPlace(url) && url !== 'memory:' ? join(mkdtempSync(join(tmpdir(), 'koa-server-session-')), 'own') : '';
	const store: Store & {createTable?(): Promise<void>} = await open(url + place);
	await store.createTable?.();
	return store;
};

const tryStore = async (name: string, {url, isWhole}: Plan['stores'][string]): Promise<void> => {
	const able = possible[hasOwnPlace(url) ? 'own' : 'shared'];
	const cases = isWhole ? storeCases.filter(({needs}) => needs === undefined || able.includes(needs)) : [];
	for (const {title, run} of [...cases, ...(isWhole ? [] : [{title: 'every operation', run: keepsContract}])]) {
		await attempt(`${name}: ${title}`, async () => {
			const store = await openOwn(url);
			await run(store, systemClock());
			await store.close?.();
		});
	}
};

// Cases mostly wait for records to expire, so the stores wait at the same time.
await Promise.all(Object.entries(plan.stores).map(([name, store]) => tryStore(name, store)));

console.log(`\n${JSON.stringify({passed, failed} satisfies Outcome)}`);
process.exit();
