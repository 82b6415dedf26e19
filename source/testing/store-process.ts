/** The process of `openInProcess()`: calls the methods of a store as it is told, without waiting for earlier calls. */
import process from 'node:process';
import type {Store} from '../store.ts';

/** What the process is told to do. The first call is `open`, whose first parameter is the URL of its module. */
export type Call = {
	readonly id: number;
	readonly method: 'open' | Exclude<keyof Store, 'maxBytes'>;
	readonly parameters: readonly unknown[];
};

/** What a store has that others may lack. */
export type Abilities = {readonly maxBytes?: number | undefined; readonly methods: readonly string[]};

export type Answer = {readonly id: number} & ({readonly result: unknown} | {readonly error: Error});

type Method = (...parameters: readonly unknown[]) => unknown;

let store: Store | undefined;

const open: Method = async (module, ...parameters): Promise<Abilities> => {
	const {open}: {open: (...parameters: readonly unknown[]) => Promise<Store>} = await import(String(module));
	store = await open(...parameters);
	const {maxBytes} = store;
	return {maxBytes, methods: (['prune', 'bySubject', 'keys'] as const).filter(method => store?.[method])};
};

const perform = async ({method, parameters}: Call): Promise<unknown> => {
	if (method === 'open') return open(...parameters);
	const result = (store?.[method] as Method | undefined)?.apply(store, [...parameters]);
	return method === 'bySubject' || method === 'keys' ? collect(result as AsyncIterable<readonly string[]>) : result;
};

const collect = async (pages: AsyncIterable<readonly string[]>): Promise<(readonly string[])[]> => {
	const collected: (readonly string[])[] = [];
	for await (const page of pages) collected.push(page);
	return collected;
};

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

process.on('message', async (call: Call) => {
	const {id} = call;
	const answer: Answer = await perform(call).then(
		result => ({id, result}),
		error => ({id, error: asError(error)}),
	);
	process.send?.(answer);
});
process.once('disconnect', () => process.exit());
