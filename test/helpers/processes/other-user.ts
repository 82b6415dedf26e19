import {FilesystemStore} from '../../../source/stores/filesystem.ts';

// A process of another user, who may read and write the sessions in a directory: argument 2.

const store = new FilesystemStore({directory: process.argv[2] ?? '', mode: 0o660});
const found = await store.read('key');
if (!found) throw new Error('Expected to read the session of the other user');
const expiresAt = found.expiresAt + 1000;
const touched = await store.touch('key', expiresAt, found.version);
const after = await store.read('key');
const updated = await store.update('key', {...found, bytes: Buffer.from('more'), expiresAt}, found.version);
console.log(
	JSON.stringify({
		touched,
		isExtended: after?.expiresAt === expiresAt,
		isSameVersion: after?.version === found.version,
		stale: await store.touch('key', expiresAt, found.version),
		updated: typeof updated,
	}),
);
