/*
Runs chosen scenarios and the contract of stores, in any runtime that finds `ava` in `ava.ts` beside this file. Its argument
is what to run, as JSON; its last line is what came of it.
*/
import type {Store} from '../../../source/store.ts';
import {open} from '../../../source/stores/open.ts';
import {type StoreCase, storeCases, systemClock} from '../../../source/testing/index.ts';
import {keepsContract} from '../stores/conforms-in-short.ts';
import {registered, runTest} from './ava.ts';

/** What a run is about. */
export type Plan = {
	/** Names of files in `test/scenarios/`. */
	readonly scenarios: readonly string[];

	/** The stores that scenarios run on. */
	readonly on: readonly string[];

	/** Stores by their names, each in a place of its own. `isWhole`: every case of the contract, not only each operation once. */
	readonly stores: Readonly<Record<string, {readonly url: string; readonly isWhole: boolean}>>;
};

/** What came of it: the titles that passed, and the errors of the others. */
export type Outcome = {readonly passed: readonly string[]; readonly failed: Readonly<Record<string, string>>};

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

/** Opens the store of a URL, and removes what the case before has left. */
const openEmpty = async (url: string): Promise<Store> => {
	const store: Store & {createTable?(): Promise<void>} = await open(url);
	await store.createTable?.();
	const left: string[] = [];
	for await (const keys of store.keys?.('') ?? []) left.push(...keys);
	for (const key of left) await store.delete(key);
	await store.prune?.(10_000);
	return store;
};

/** Whether a case is for this store, and for one process. The cases for several are left to Node. */
const isFor = (store: Store, {needs = 'keeps'}: StoreCase): boolean => {
	if (needs === 'keeps' || needs === 'compareAndSwap') return true;
	return (needs === 'prune' || needs === 'bySubject' || needs === 'keys') && store[needs] !== undefined;
};

const tryStore = async (name: string, url: string, cases: readonly StoreCase[]): Promise<void> => {
	for (const each of cases) {
		const store = await openEmpty(url);
		if (isFor(store, each)) await attempt(`${name}: ${each.title}`, () => each.run(store, systemClock()));
		await store.close?.();
	}
};

const short: StoreCase = {title: 'every operation', run: keepsContract};

/** Walks over many keys keep the process busy: records that are to be changed before they end would end before. */
const isLong = ({title}: StoreCase): boolean => title.includes('than a page has');

const stores = Object.entries(plan.stores);
// Cases mostly wait for records to expire, so the stores wait at the same time.
await Promise.all(
	stores.map(([name, {url, isWhole}]) =>
		tryStore(name, url, isWhole ? storeCases.filter(each => !isLong(each)) : [short]),
	),
);
for (const [name, {url, isWhole}] of stores) if (isWhole) await tryStore(name, url, storeCases.filter(isLong));

console.log(`\n${JSON.stringify({passed, failed} satisfies Outcome)}`);
process.exit();
