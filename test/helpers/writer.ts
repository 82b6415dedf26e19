/** One process of `startWriters()`. */
import {open} from '../../source/stores/open.ts';

/** What to update, and which version of it. */
export type Order = {readonly key: string; readonly version: string};

const [url = '', updates = '1'] = process.argv.slice(2);
const store = await open(url);

process.on('message', async ({key, version}: Order) => {
	const texts = Array.from({length: Number(updates)}, (_, index) => `${process.pid} ${index}`);
	const stored = await Promise.all(
		texts.map(async text => {
			const record = {bytes: new TextEncoder().encode(text), expiresAt: Date.now() + 60_000};
			const result = await store.update(key, record, version);
			return result === 'conflict' || result === 'missing' ? [] : [text];
		}),
	);
	process.send?.(stored.flat());
});

// Connected, so that all begin at once.
await store.read('nothing');
process.send?.([]);
