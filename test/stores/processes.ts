import test from 'ava';
import type {Store} from '../../source/store.ts';
import {open} from '../../source/stores/open.ts';
import {type OpenAnother, openInProcess, storeCases, systemClock} from '../../source/testing/index.ts';
import {runs} from '../helpers/runs.ts';
import {storesUnderTest} from '../helpers/stores/stores.ts';

const shared = storeCases.filter(({needs}) => needs === 'shared');
const module = new URL('../../source/stores/open.ts', import.meta.url);

/** Lends stores in other processes to one case after the other: a process takes a second to start. */
class Processes {
	readonly #url: string;
	readonly #started: Promise<Store>[] = [];

	constructor(url: string) {
		this.#url = url;
	}

	/** For one case, which closes what it was lent. */
	lend(): OpenAnother {
		let lent = 0;
		return async () => {
			const place = lent++;
			this.#started[place] ??= openInProcess(module, this.#url);
			return {...(await this.#started[place]), close: async () => {}};
		};
	}

	async stop(): Promise<void> {
		const stores = await Promise.all(this.#started);
		await Promise.all(stores.map(store => store.close?.()));
	}
}

/** Where processes share files, they share locks, too. Where they share a server, one server stands for all, but in a long run. */
const asked = runs<readonly string[] | undefined>(['filesystem', 'sqlite', 'redis'], undefined);

// One after the other, so that all processes of a race get time on a machine of two cores.
for (const {name, url} of storesUnderTest) {
	if (!url || (asked && !asked.includes(name))) continue;
	test.serial(`${name}: several processes keep the contract`, async t => {
		const address = await url(t);
		const processes = new Processes(address);
		t.teardown(() => processes.stop());
		for (const {title, run} of shared) {
			const store = await open(address);
			await t.notThrowsAsync(run(store, systemClock(), processes.lend()), title);
			await store.close?.();
		}
	});
}

test('memory alone is not shared', t => {
	t.deepEqual(
		storesUnderTest.filter(({url}) => !url).map(({name}) => name),
		['memory'],
	);
});
