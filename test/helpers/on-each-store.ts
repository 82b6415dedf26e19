import test, {type ExecutionContext} from 'ava';
import {type StoreUnderTest, storesUnderTest} from './stores.ts';
import {type WatchedStore, watch} from './watched-store.ts';

/** Registers a scenario once for each store that keeps something; its calls are counted. */
export const onEachStore = (
	title: string,
	run: (t: ExecutionContext, store: WatchedStore, traits: StoreUnderTest) => Promise<void>,
	register: (title: string, run: (t: ExecutionContext) => Promise<void>) => void = test,
): void => {
	for (const traits of storesUnderTest) {
		register(`${traits.name}: ${title}`, async t => run(t, watch(await traits.open(t)), traits));
	}
};
