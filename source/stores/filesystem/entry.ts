import {constants, type Stats} from 'node:fs';
import {type FileHandle, open} from 'node:fs/promises';
import {type Contents, decode, encode} from './contents.ts';
import {inTurn, openPatiently} from './open-files.ts';
import {hasCode, remove} from './system.ts';

/** A session file, or what lies in its place. */
export type Entry = Contents & {
	readonly expiresAt: number;

	/** When the file was made, last got or lost a name, or its times were set, in milliseconds since the epoch. */
	readonly changedAt: number;
};

/** The token of what isn't a session file, because it is cut off, corrupt or foreign. It counts as a record that ended long ago. */
export const unreadable = '0'.repeat(32);

/** The most bytes of a record, so that a foreign file of any size can't use up the memory. */
export const maxBytes = 16 * 1024 * 1024;

/** Leaves room for key, subject and header. */
const maxFileBytes = maxBytes + 1024 * 1024;

// A symbolic link isn't followed, and a pipe doesn't block.
const readFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const writeFlags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** When a session ends. Rounded, because what was set in milliseconds comes back a microsecond off. */
export const endOf = ({mtimeMs}: Stats): number => Math.round(mtimeMs);

/** Reads the file of that name; `undefined` if there is none. */
export const readEntry = (path: string): Promise<Entry | undefined> => withEntry(path, async entry => entry);

/** Reads the file of that name and passes it on open, so that what comes next can't affect another file. */
export const withEntry = <Result>(
	path: string,
	use: (entry: Entry, handle?: FileHandle) => Promise<Result>,
): Promise<Result | undefined> => inTurn(() => openEntry(path, use));

const openEntry = async <Result>(
	path: string,
	use: (entry: Entry, handle?: FileHandle) => Promise<Result>,
): Promise<Result | undefined> => {
	let handle: FileHandle;
	try {
		handle = await openPatiently(() => open(path, readFlags));
	} catch (error) {
		if (hasCode(error, 'ENOENT')) return undefined;
		// A symbolic link, a socket.
		if (hasCode(error, 'ELOOP', 'ENXIO')) return use(foreign(0));
		throw error;
	}

	try {
		return await use(await entryOf(handle), handle);
	} finally {
		await handle.close();
	}
};

const entryOf = async (handle: FileHandle): Promise<Entry> => {
	const stats = await handle.stat();
	if (!stats.isFile() || stats.size > maxFileBytes) return foreign(stats.ctimeMs);

	const file = Buffer.allocUnsafeSlow(stats.size);
	const {bytesRead} = await handle.read(file, 0, stats.size, 0);
	const contents = bytesRead === stats.size ? decode(file) : undefined;
	return contents ? {...contents, expiresAt: endOf(stats), changedAt: stats.ctimeMs} : foreign(stats.ctimeMs);
};

const foreign = (changedAt: number): Entry => ({
	token: unreadable,
	key: '',
	bytes: new Uint8Array(),
	expiresAt: 0,
	changedAt,
});

/** What to write into a new file. */
export type Next = Contents & {readonly expiresAt: number};

/** Writes a complete new file, or leaves none. Doesn't wait for the disk: see `FilesystemStore` about power failures. */
export const write = async (path: string, next: Next, mode: number): Promise<void> => {
	const file = encode(next);
	if (file.length > maxFileBytes) {
		throw new RangeError(`Expected a record of at most ${maxBytes} bytes, got ${next.bytes.length}. Store less in it`);
	}

	await inTurn(async () => {
		const handle = await openPatiently(() => open(path, writeFlags, mode));
		try {
			try {
				// The process's umask may have removed permissions.
				if (mode !== 0o600) await handle.chmod(mode);
				await handle.writeFile(file);
				await setEnd(handle, next.expiresAt);
			} finally {
				await handle.close();
			}
		} catch (error) {
			await remove(path);
			throw error;
		}
	});
};

/** The last instant that a `Date` can represent. */
const lastInstant = 8.64e15;

/** Moves the end of an open file. */
export const setEnd = async (handle: FileHandle, expiresAt: number): Promise<void> => {
	// A quarter more, because Deno cuts off fractions, and seconds with a point are seldom exact. Reading rounds it away.
	const seconds = (Math.min(Math.max(expiresAt, 0), lastInstant) + 0.25) / 1000;
	// An access time after the modification time: otherwise Linux would write a new one to disk at every read.
	await handle.utimes(seconds + 1, seconds);
};
