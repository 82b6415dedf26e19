import {setImmediate as nextTurn} from 'node:timers/promises';
import {type SessionRecord, type Store, toVersion, type Version, type VersionedRecord} from '../../../source/store.ts';
import {MemoryStore} from '../../../source/stores/memory.ts';

/** The methods of a store that break it, on top of a store that works. */
export type Fault = (store: MemoryStore) => Partial<Store>;

/** A memory store with one fault, which can be closed, and has a `maxBytes`. Others may be on the same records. */
export const broken = (fault: Fault, store = new MemoryStore()): Store => {
	let isClosed = false;
	const open = async (): Promise<MemoryStore> => {
		if (isClosed) throw new Error('The store was closed');
		return store;
	};
	return {
		create: async (key, record) => (await open()).create(key, record),
		read: async key => (await open()).read(key),
		update: async (key, record, version, knownExpiry) => (await open()).update(key, record, version, knownExpiry),
		touch: async (key, expiresAt, version) => (await open()).touch(key, expiresAt, version),
		delete: async (key, version) => (await open()).delete(key, version),
		prune: async limit => (await open()).prune(limit),
		async *bySubject(subject) {
			yield* (await open()).bySubject(subject);
		},
		async *keys(prefix) {
			yield* (await open()).keys(prefix);
		},
		async close() {
			isClosed = true;
		},
		maxBytes,
		...fault(store),
	};
};

export const maxBytes = 2 ** 20;

export const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

export const mapsKeys =
	(map: (key: string) => string): Fault =>
	store => ({
		create: (key, record) => store.create(map(key), record),
		read: key => store.read(map(key)),
		update: (key, record, version) => store.update(map(key), record, version),
		touch: (key, expiresAt, version) => store.touch(map(key), expiresAt, version),
		delete: (key, version) => store.delete(map(key), version),
	});

export const mapsWrites =
	(map: (record: SessionRecord) => SessionRecord): Fault =>
	store => ({
		create: (key, record) => store.create(key, map(record)),
		update: (key, record, version) => store.update(key, map(record), version),
	});

export const mapsReads =
	(map: (record: VersionedRecord) => VersionedRecord | undefined): Fault =>
	store => ({
		read: async key => {
			const record = await store.read(key);
			return record && map(record);
		},
	});

/** Takes more bytes than so many for no more. */
export const cutsOff = (length: number): Fault =>
	mapsWrites(record => ({...record, bytes: record.bytes.subarray(0, length)}));

/** Takes a life of so many days or more for another. */
export const mistakesLives = (days: number, endOf: () => number): Fault =>
	mapsWrites(record => (record.expiresAt - Date.now() < days * 86_400_000 ? record : {...record, expiresAt: endOf()}));

/** Takes the characters of a subject for as many bytes, and has no room for more. */
export const countsCharacters: Fault = mapsWrites(record => {
	const {bytes, subject = ''} = record;
	if (bytes.length + Buffer.byteLength(subject) > maxBytes + 255) throw new RangeError('Too large');
	return record;
});

/** What fits into a column of 255 bytes. */
const beginningOf = (subject: string): string => Buffer.from(subject).toString('utf8', 0, 255);

export const cutsSubjects: Fault = mapsWrites(({subject, ...record}) => ({
	...record,
	subject: subject === undefined ? undefined : beginningOf(subject),
}));

/** Finds the records of all subjects that have the same first 255 bytes. */
export const indexesBeginnings: Fault = store => {
	const subjects = new Set<string>();
	return {
		create: (key, record) => {
			if (record.subject !== undefined) subjects.add(record.subject);
			return store.create(key, record);
		},
		bySubject: async function* (subject) {
			for (const each of subjects) if (beginningOf(each) === beginningOf(subject)) yield* store.bySubject(each);
		},
	};
};

/** What `update()` writes depends on what it finds. */
export const mapsUpdates =
	(map: (record: SessionRecord, current: VersionedRecord) => SessionRecord): Fault =>
	store => ({
		update: async (key, record, version) => {
			const current = await store.read(key);
			return current ? store.update(key, map(record, current), version) : 'missing';
		},
	});

export const mapsTouches =
	(map: (expiresAt: number, current: VersionedRecord) => number): Fault =>
	store => ({
		touch: async (key, expiresAt, version) => {
			const current = await store.read(key);
			return current ? store.touch(key, map(expiresAt, current), version) : false;
		},
	});

/** Looks, and acts later on what it saw. */
export const createsLater: Fault = store => ({
	create: async (key, record) => {
		if (await store.read(key)) return undefined;
		await nextTurn();
		await store.delete(key);
		return store.create(key, record);
	},
});

/** Looks whether the expiry is as expected, and acts later on what it saw. */
export const knowsExpiryLater: Fault = store => ({
	update: async (key, record, version, knownExpiry) => {
		const current = await store.read(key);
		if (current?.expiresAt !== (knownExpiry ?? current?.expiresAt)) return 'conflict';
		await nextTurn();
		return store.update(key, record, version);
	},
});

export const updatesLater: Fault = store => ({
	update: async (key, record, version) => {
		const current = await store.read(key);
		if (!current) return 'missing';
		if (current.version !== version) return 'conflict';
		await nextTurn();
		await store.delete(key);
		const next = await store.create(key, record);
		return next ? {version: next} : 'conflict';
	},
});

export const deletesLater: Fault = store => ({
	delete: async (key, version) => {
		const current = await store.read(key);
		if (!current || current.version !== (version ?? current.version)) return false;
		await nextTurn();
		await store.delete(key);
		return true;
	},
});

export const touchesLater: Fault = store => ({
	touch: async (key, expiresAt, version) => {
		const current = await store.read(key);
		if (current?.version !== version) return false;
		await nextTurn();
		if (await store.touch(key, expiresAt, version)) return true;
		// Writes what it saw over whatever is there by now.
		await store.delete(key);
		await store.create(key, {...current, expiresAt});
		return true;
	},
});

/** Has a fault between processes alone: in each of them, a write waits until the one before is over. */
export const betweenProcesses =
	(fault: Fault): Fault =>
	store => {
		const faulty = fault(store);
		let last: Promise<unknown> = Promise.resolve();
		const inTurn = <Result>(call: () => Promise<Result>): Promise<Result> => {
			const result = last.then(call);
			last = result.catch(() => {});
			return result;
		};
		return {
			...faulty,
			create: (...call) => inTurn(() => faulty.create?.(...call) ?? store.create(...call)),
			update: (...call) => inTurn(() => faulty.update?.(...call) ?? store.update(...call)),
			touch: (...call) => inTurn(() => faulty.touch?.(...call) ?? store.touch(...call)),
			delete: (...call) => inTurn(() => faulty.delete?.(...call) ?? store.delete(...call)),
		};
	};

/** What a store that keeps copies may forget. */
type Forgetting = {readonly ends?: boolean; readonly ownBytes?: boolean; readonly ownWrites?: boolean};

/** Keeps copies for reads that may be old. No other process can end one. */
export const keepsCopies =
	(forgets: Forgetting): Fault =>
	store => {
		const copies = new Map<string, VersionedRecord>();
		const drop = (key: string): string => {
			if (!forgets.ownWrites) copies.delete(key);
			return key;
		};
		return {
			read: async (key, options) => {
				const copy = options?.mayBeOld ? copies.get(key) : undefined;
				const counts = copy && (forgets.ends || copy.expiresAt > Date.now());
				const found = counts ? copy : await store.read(key);
				if (found) copies.set(key, found);
				return found && (forgets.ownBytes ? found : {...found, bytes: Uint8Array.from(found.bytes)});
			},
			update: (key, record, version, knownExpiry) => store.update(drop(key), record, version, knownExpiry),
			touch: (key, expiresAt, version) => store.touch(drop(key), expiresAt, version),
			delete: (key, version) => store.delete(drop(key), version),
		};
	};

/** Takes the bytes themselves for their version. */
export const versionsByContent: Fault = store => ({
	create: async (key, record) => ((await store.create(key, record)) ? contentOf(record) : undefined),
	read: async key => {
		const current = await store.read(key);
		return current && {...current, version: contentOf(current)};
	},
	update: async (key, record, version) => {
		const current = await store.read(key);
		if (!current) return 'missing';
		if (contentOf(current) !== version) return 'conflict';
		await store.update(key, record, current.version);
		return {version: contentOf(record)};
	},
	touch: async (key, expiresAt, version) => {
		const current = await store.read(key);
		return current !== undefined && contentOf(current) === version && store.touch(key, expiresAt, current.version);
	},
	delete: async (key, version) => {
		const current = await store.read(key);
		return current !== undefined && contentOf(current) === (version ?? contentOf(current)) && store.delete(key);
	},
});

const contentOf = ({bytes}: SessionRecord): Version => toVersion(text(bytes));

/** Leaves expiry to a sweeper that comes next year, and one method forgets to look. */
export const forgetsExpiry =
	(forgetful: 'read' | 'update' | 'touch' | 'delete' | 'create'): Fault =>
	store => {
		const ends = new Map<string, number>();
		const isOver = (method: string, key: string) =>
			method !== forgetful && (ends.get(key) ?? Number.POSITIVE_INFINITY) <= Date.now();
		const outlasting = (record: SessionRecord) => ({...record, expiresAt: Date.now() + 365 * 86_400_000});
		return {
			create: async (key, record) => {
				if (isOver('create', key)) await store.delete(key);
				const version = await store.create(key, outlasting(record));
				if (version) ends.set(key, record.expiresAt);
				return version;
			},
			read: async key => {
				const record = await store.read(key);
				return record && !isOver('read', key) ? {...record, expiresAt: ends.get(key) ?? 0} : undefined;
			},
			update: async (key, record, version) => {
				if (isOver('update', key)) return 'missing';
				const updated = await store.update(key, outlasting(record), version);
				if (typeof updated === 'object') ends.set(key, record.expiresAt);
				return updated;
			},
			touch: async (key, expiresAt, version) => {
				const isTouched = !isOver('touch', key) && (await store.read(key))?.version === version;
				if (isTouched) ends.set(key, expiresAt);
				return isTouched;
			},
			delete: async (key, version) => !isOver('delete', key) && store.delete(key, version),
		};
	};

type Find = (index: Map<string, string | undefined>, sought: string) => AsyncGenerator<readonly string[]>;

/** Remembers what was created, and never forgets. */
export const indexes =
	(find: Find, walk: Find = find): Fault =>
	store => {
		const index = new Map<string, string | undefined>();
		return {
			create: async (key, record) => {
				const version = await store.create(key, record);
				if (version) index.set(key, record.subject);
				return version;
			},
			bySubject: subject => find(index, subject),
			keys: prefix => walk(index, prefix),
		};
	};

/** Finds a subject's keys in such an index. */
export async function* ownedBy(index: Map<string, string | undefined>, subject: string): AsyncGenerator<string[]> {
	yield [...index].filter(([, owner]) => owner === subject).map(([key]) => key);
}
