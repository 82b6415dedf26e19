/** One process of `incrementUnderKills()`: adds one to the number in a record, again and again. */
import {open} from '../../../source/stores/open.ts';

const [url = '', key = ''] = process.argv.slice(2);
const store = await open(url);

const tell = (message: number | string): Promise<void> =>
	new Promise((resolve, reject) => {
		process.send?.(message, undefined, undefined, error => (error ? reject(error) : resolve()));
	});

const increment = async (): Promise<number> => {
	for (;;) {
		const record = await store.read(key);
		if (!record) throw new Error('The record is gone');

		const next = Number(Buffer.from(record.bytes).toString()) + 1;
		const bytes = Buffer.from(String(next));
		const result = await store.update(key, {bytes, expiresAt: record.expiresAt}, record.version);
		if (result === 'missing') throw new Error('The record is missing');
		if (result !== 'conflict') return next;
	}
};

process.once('disconnect', () => process.exit());
for (;;) await tell(await increment().catch(String));
