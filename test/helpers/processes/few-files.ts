import {closeSync, openSync} from 'node:fs';
import {FilesystemStore} from '../../../source/stores/filesystem.ts';

// A process that may have few files open, and a store with many sessions: argument 2 is its directory.

const store = new FilesystemStore({directory: process.argv[2] ?? ''});
const record = {bytes: Buffer.from('data'), expiresAt: Date.now() + 3_600_000, subject: 'ada'};
const keys = Array.from({length: 200}, (_, index) => `key ${index}`);

const created = await Promise.all(keys.map(key => store.create(key, record)));
const read = await Promise.all(keys.map(key => store.read(key)));
let walked = 0;
for await (const page of store.bySubject('ada')) walked += page.length;

/** Takes every file that this process may still open. */
const fill = (): number[] => {
	const taken: number[] = [];
	try {
		for (;;) taken.push(openSync('/dev/null', 'r'));
	} catch {
		return taken;
	}
};

const taken = fill();
const waiting = Promise.all([store.read('key 1'), store.update('key 2', record, created[2] as never)]);
setTimeout(() => taken.forEach(closeSync), 200);
const [late, updated] = await waiting;

const again = fill();
const refused = await store.read('key 1').catch((error: {code?: string}) => error.code);
again.forEach(closeSync);

console.log(
	JSON.stringify({
		created: created.filter(Boolean).length,
		read: read.filter(Boolean).length,
		walked,
		late: late?.bytes.length,
		updated: typeof updated,
		refused,
	}),
);
