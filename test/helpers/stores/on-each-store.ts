import test, {type ExecutionContext} from 'ava';
import {limit} from '../../../source/stores/filesystem/limit.ts';
import {type StoreUnderTest, storesUnderTest} from './stores.ts';
import {type WatchedStore, watch} from './watched-store.ts';

/** All at once they would keep the process so busy that answers which are there already count as late. */
const inTurn = limit(4);

type Run = (t: ExecutionContext, store: WatchedStore, traits: StoreUnderTest) => Promise<void>;

type Register = (title: string, run: (t: ExecutionContext) => Promise<void>) => void;

/** Registers a scenario once for each store that keeps something; its calls are counted. */
export const onEachStore = (title: string, run: Run, register: Register = test): void => {
	for (const traits of storesUnderTest) {
		register(`${traits.name}: ${title}`, t => inTurn(async () => run(t, watch(await traits.open(t)), traits)));
	}
};

/** For what happens between us and the client, where more stores would ask the same again: in the process and outside. */
export const onTwoStores = (title: string, run: Run, register: Register = test): void =>
	onEachStore(title, run, (name, work) => {
		if (/^(?:memory|redis):/.test(name)) register(name, work);
	});
