import {setImmediate as nextTurn} from 'node:timers/promises';
import {toVersion, type Version, type VersionedRecord} from '../../../source/store.ts';
import {keysOf} from '../stores/keys-of.ts';
import {
	betweenProcesses,
	countsCharacters,
	createsLater,
	cutsOff,
	cutsSubjects,
	deletesLater,
	type Fault,
	forgetsExpiry,
	indexes,
	indexesBeginnings,
	keepsCopies,
	knowsExpiryLater,
	mapsKeys,
	mapsReads,
	mapsTouches,
	mapsUpdates,
	mapsWrites,
	maxBytes,
	mistakesLives,
	ownedBy,
	text,
	touchesLater,
	updatesLater,
	versionsByContent,
} from './broken-store.ts';

/** One fault for each case of the suite, by the case's title. */
export const faults: Readonly<Record<string, Fault>> = {
	'every method returns a promise, whatever it resolves with': store => ({
		touch(...call): Promise<boolean> {
			// What forgets to return looks like this.
			void store.touch(...call);
			return undefined as never;
		},
	}),
	'a version that the store never made is none of a record': store => ({
		delete: (key, version) => store.delete(key, version || undefined),
	}),

	'a key may hold every printable character, up to 250 of them': mapsKeys(key => key.replace(/\W/g, '')),
	'keys that mean something elsewhere are only keys': store => ({
		create: async (key, record) => (key in {} ? undefined : store.create(key, record)),
	}),
	'keys that differ only in case or in their last character stay apart': mapsKeys(key => key.toLowerCase()),
	'a malformed key holds no record, and asking for it is not a fault': store => ({
		read: async key => {
			if (!/^[!-~]{1,250}$/.test(key)) throw new TypeError('Malformed key');
			return store.read(key);
		},
	}),

	'a malformed key can be neither updated nor touched nor deleted, and asking for it is not a fault': store => ({
		delete: async (key, version) => {
			if (version && !/^[!-~]{1,250}$/.test(key)) throw new TypeError('Malformed key');
			return store.delete(key, version);
		},
	}),

	'read() of an unknown key resolves with undefined': store => ({
		read: async key => (await store.read(key)) ?? {bytes: new Uint8Array(), expiresAt: 0, version: toVersion('')},
	}),
	'read() returns bytes, expiry, subject and version as they were stored': mapsReads(({subject, ...record}) => record),
	'read() can be repeated': store => ({
		read: async key => {
			const record = await store.read(key);
			await store.delete(key);
			return record;
		},
	}),
	'calls for many keys at once do not mix': store => {
		let current = '';
		return {
			read: async key => {
				current = key;
				await nextTurn();
				return store.read(current);
			},
		};
	},
	'bytes may be any octets': mapsWrites(record => ({...record, bytes: new TextEncoder().encode(text(record.bytes))})),
	'bytes may be none': mapsReads(record => (record.bytes.length > 0 ? record : undefined)),
	'bytes may be a megabyte': cutsOff(65_535),
	'a part of a larger buffer is stored alone': mapsWrites(record => ({
		...record,
		bytes: new Uint8Array(record.bytes.buffer),
	})),
	'the bytes that were passed in may be changed afterwards': store => {
		const handedIn = new Map<Version | undefined, Uint8Array>();
		return {
			create: async (key, record) => {
				const version = await store.create(key, record);
				handedIn.set(version, record.bytes);
				return version;
			},
			read: async key => {
				const record = await store.read(key);
				return record && {...record, bytes: handedIn.get(record.version) ?? record.bytes};
			},
		};
	},
	'the bytes that read() returned may be changed afterwards': store => {
		const cache = new Map<string, VersionedRecord | undefined>();
		return {read: async key => cache.get(key) ?? cache.set(key, await store.read(key)).get(key)};
	},

	'a read with `mayBeOld` returns no expired record': keepsCopies({ends: true}),
	'the bytes that a read with `mayBeOld` returned may be changed afterwards': keepsCopies({ownBytes: true}),
	'a read with `mayBeOld` returns nothing older than what this store has written, touched or deleted': keepsCopies({
		ownWrites: true,
	}),
	'what another process wrote or deleted is seen within five seconds by a read with `mayBeOld`': keepsCopies({}),

	'bytes may be as many as `maxBytes` says, under the longest key and with the longest subject': countsCharacters,
	'more bytes than `maxBytes` are stored whole, or refused and change nothing': store => ({
		update: async (key, record, version) => {
			if (record.bytes.length <= maxBytes) return store.update(key, record, version);
			await store.delete(key);
			throw new RangeError('Too large');
		},
	}),

	'create() refuses a taken key and leaves its record as it was': store => ({
		create: async (key, record) => {
			await store.delete(key);
			return store.create(key, record);
		},
	}),
	'create() replaces an expired record': forgetsExpiry('create'),
	'of many create() calls for one key at once exactly one succeeds': createsLater,
	'of many create() calls over one expired record exactly one succeeds': createsLater,

	'update() replaces bytes, expiry and subject': mapsUpdates((record, {expiresAt}) => ({...record, expiresAt})),
	'update() without a subject takes the old one away': mapsUpdates((record, current) => ({...current, ...record})),
	'update() of a missing record resolves with missing and inserts nothing': store => ({
		update: async (key, record, version) => {
			const result = await store.update(key, record, version);
			if (result === 'missing') await store.create(key, record);
			return result;
		},
	}),
	'update() of an older version resolves with conflict and changes nothing': store => ({
		update: async (key, record) => store.update(key, record, (await store.read(key))?.version ?? toVersion('')),
	}),
	'update() with a known expiry resolves with conflict after a touch and changes nothing': store => ({
		update: (key, record, version) => store.update(key, record, version),
	}),
	'of a touch() and an update() with a known expiry at the same time one succeeds': knowsExpiryLater,
	'update() by the version of another record resolves with conflict': versionsByContent,
	'every write makes a version that was never there, for the same record too': versionsByContent,
	'of many update() calls for one version exactly one succeeds': updatesLater,

	'touch() moves the expiry later and earlier, and nothing else': store => ({
		touch: async (key, expiresAt, version) => {
			const current = await store.read(key);
			return current !== undefined && typeof (await store.update(key, {...current, expiresAt}, version)) === 'object';
		},
	}),
	'a record that was touched lives on past its first end': mapsTouches((at, {expiresAt}) => Math.min(at, expiresAt)),
	'a record that was touched to end earlier is gone by then': mapsTouches((at, {expiresAt}) => Math.max(at, expiresAt)),
	'touch() of a missing record resolves with false and creates nothing': store => ({
		touch: async (key, expiresAt, version) => {
			await store.create(key, {bytes: new Uint8Array(), expiresAt});
			return store.touch(key, expiresAt, version);
		},
	}),
	'touch() resolves with true for the newest version only': store => ({
		touch: async (key, expiresAt) => {
			const current = await store.read(key);
			return current !== undefined && store.touch(key, expiresAt, current.version);
		},
	}),
	'touch() neither undoes an update() at the same time nor makes it conflict': touchesLater,
	'touch() brings no record back that is deleted at the same time': touchesLater,

	'delete() removes one record': () => ({delete: async () => true}),
	'delete() resolves with false if there is no record': store => ({
		delete: async (key, version) => {
			await store.delete(key, version);
			return true;
		},
	}),
	'delete() resolves with true once': store => ({
		delete: async (key, version) => (await store.delete(key, version)) || version !== undefined,
	}),
	'delete() with a version removes a record at that version only': store => ({delete: key => store.delete(key)}),
	'delete() with a version removes a record that was read, or touched, since': store => {
		const touched = new Set<string>();
		return {
			touch: (key, expiresAt, version) => store.touch(touched.add(key) && key, expiresAt, version),
			delete: async (key, version) => !touched.has(key) && store.delete(key, version),
		};
	},
	'a deleted record can be neither updated nor touched': store => {
		const deleted = new Set<string>();
		return {
			delete: async key => !deleted.has(key) && deleted.add(key) && (await store.read(key)) !== undefined,
			read: async key => (deleted.has(key) ? undefined : store.read(key)),
		};
	},
	'a record that is created again is not taken for the deleted one': versionsByContent,
	'delete() wins over an update() at the same time': updatesLater,
	'of many delete() calls for one record exactly one resolves with true': deletesLater,
	'of an update() and a delete() for one version exactly one succeeds': deletesLater,
	'delete() leaves room for a record of the same key': store => {
		const deleted = new Set<string>();
		return {
			delete: (key, version) => store.delete(deleted.add(key) && key, version),
			create: async (key, record) => (deleted.has(key) ? undefined : store.create(key, record)),
		};
	},

	'read() returns no expired record': forgetsExpiry('read'),
	'update() of an expired record resolves with missing and revives nothing': forgetsExpiry('update'),
	'touch() of an expired record resolves with false and revives nothing': forgetsExpiry('touch'),
	'delete() of an expired record resolves with false': forgetsExpiry('delete'),
	'a record that was updated lives on past its first end': mapsUpdates((record, current) => ({
		...record,
		expiresAt: Math.min(record.expiresAt, current.expiresAt),
	})),
	'a record that was updated to end earlier is gone by then': mapsUpdates((record, current) => ({
		...record,
		expiresAt: Math.max(record.expiresAt, current.expiresAt),
	})),
	'create() of a record that is already past counts as written and keeps nothing': store => ({
		create: async (key, record) => (record.expiresAt <= Date.now() ? undefined : store.create(key, record)),
	}),
	'update() to an end already past counts as written and keeps nothing': store => ({
		update: async (key, record, version) =>
			record.expiresAt <= Date.now() ? 'missing' : store.update(key, record, version),
	}),
	'touch() to an end already past resolves with true and keeps nothing': store => ({
		touch: async (key, expiresAt, version) => expiresAt > Date.now() && store.touch(key, expiresAt, version),
	}),

	'a record of a second or two is there until it ends, and gone then': mapsWrites(record => ({
		...record,
		expiresAt: record.expiresAt - 1,
	})),
	'a record may end in 29 days': mistakesLives(29, () => Date.now()),
	'a record may end in 30 days': mistakesLives(30, () => Date.now()),
	'a record may end in 31 days': mistakesLives(31, () => Date.now()),
	'a record may end in 400 days': mistakesLives(400, () => Date.now()),
	'a record that ends in 29 days is there until then, and gone then': mistakesLives(29, () => Number.POSITIVE_INFINITY),
	'a record that ends in 30 days is there until then, and gone then': mistakesLives(30, () => Number.POSITIVE_INFINITY),
	'a record that ends in 31 days is there until then, and gone then': mistakesLives(31, () => Number.POSITIVE_INFINITY),
	'a record that ends in 400 days is there until then, and gone then': mistakesLives(
		400,
		() => Number.POSITIVE_INFINITY,
	),

	'prune() deletes exactly the expired records and resolves with how many': store => ({
		prune: async limit => Math.min(1, await store.prune(limit)),
	}),
	'prune() deletes no more than its limit': store => ({prune: () => store.prune(Number.POSITIVE_INFINITY)}),
	'prune() counts each record once, though several prune at once': store => {
		const ends = new Map<string, number>();
		return {
			create: (key, record) => store.create(ends.set(key, record.expiresAt) && key, record),
			prune: async limit => {
				const expired = [...ends].filter(([, expiresAt]) => expiresAt <= Date.now()).slice(0, limit);
				await nextTurn();
				for (const [key] of expired) ends.delete(key);
				return expired.length;
			},
		};
	},
	'prune() spares records that were touched or updated to live longer': store => {
		const ends = new Map<string, number>();
		return {
			create: (key, record) => store.create(ends.set(key, record.expiresAt) && key, record),
			prune: async () => {
				const expired = [...ends].filter(([, expiresAt]) => expiresAt <= Date.now());
				for (const [key] of expired) await store.delete(key);
				return expired.length;
			},
		};
	},
	'prune() spares records that are created again while it runs': store => {
		const ends = new Map<string, number>();
		return {
			create: (key, record) => store.create(ends.set(key, record.expiresAt) && key, record),
			prune: async () => {
				const expired = [...ends].filter(([, expiresAt]) => expiresAt <= Date.now());
				await nextTurn();
				for (const [key] of expired) await store.delete(key);
				return expired.length;
			},
		};
	},

	'a subject may be any text': mapsWrites(({subject, ...record}) => (subject ? {...record, subject} : record)),
	'a subject may have 255 characters, also of three bytes each': cutsSubjects,
	'bySubject() tells subjects apart to the last character': store => ({
		create: (key, {subject = '', ...record}) => store.create(key, {...record, subject: subject.toLowerCase()}),
		bySubject: subject => store.bySubject(subject.toLowerCase()),
	}),
	'bySubject() walks the keys of all records of a subject, each once': store => ({
		bySubject: async function* (subject) {
			yield (await keysOf(store.bySubject(subject))).slice(0, 10);
		},
	}),
	'bySubject() tells subjects of 255 characters apart to the last one, also of three bytes each': indexesBeginnings,
	'bySubject() walks more keys than a page has, each once': store => ({
		bySubject: async function* (subject) {
			yield (await keysOf(store.bySubject(subject))).slice(0, 1000);
		},
	}),
	'bySubject() follows a record to its new subject': indexes(ownedBy),
	'bySubject() leaves out what is deleted or expired': indexes(ownedBy),
	'bySubject() loses and repeats no key while records are read, touched and deleted': store => ({
		bySubject: async function* (subject) {
			for (let offset = 0; ; offset++) {
				const key = (await keysOf(store.bySubject(subject)))[offset];
				if (key === undefined) return;
				yield [key];
			}
		},
	}),

	'keys() walks all keys that begin with a prefix, and no others': store => ({keys: () => store.keys('')}),
	'keys() walks more keys than a page has, and comes to an end': store => ({
		keys: async function* (prefix) {
			yield (await keysOf(store.keys(prefix))).slice(0, 1000);
		},
	}),
	'keys() takes a prefix for what it is, to the last character': store => ({
		keys: async function* (prefix) {
			// As `like` in SQL does.
			yield (await keysOf(store.keys(''))).filter(key => key.startsWith(prefix.replace('_', '')));
		},
	}),
	'keys() leaves out what is deleted': indexes(
		async function* () {},
		async function* (index, prefix) {
			yield [...index.keys()].filter(key => key.startsWith(prefix));
		},
	),
	'keys() loses none while records are read, touched, deleted and created': store => ({
		keys: async function* (prefix) {
			for (let offset = 0; ; offset++) {
				const key = (await keysOf(store.keys(prefix))).toSorted()[offset];
				if (key === undefined) return;
				yield [key];
			}
		},
	}),

	'what one process wrote or deleted, another process sees': store => {
		const cache = new Map<string, VersionedRecord | undefined>();
		return {read: async key => cache.get(key) ?? cache.set(key, await store.read(key)).get(key)};
	},
	'a record that another process touched lives on for one that read it before': store => {
		const ends = new Map<string, number>();
		return {
			read: async key => {
				const record = await store.read(key);
				if (record) ends.set(key, record.expiresAt);
				return record;
			},
			update: async (key, record, version) =>
				(ends.get(key) ?? record.expiresAt) <= Date.now() ? 'missing' : store.update(key, record, version),
		};
	},
	'of many create() calls from several processes for one key exactly one succeeds': createsLater,
	'of many update() calls from several processes for one version exactly one succeeds': updatesLater,
	'of many update() and delete() calls from several processes for one version exactly one succeeds': deletesLater,
	'touch() in several processes neither undoes an update() in another one nor makes it conflict':
		betweenProcesses(touchesLater),
	'touch() in several processes brings no record back that another one deletes': betweenProcesses(touchesLater),
	'of touch() and update() calls with a known expiry from several processes only one kind succeeds':
		betweenProcesses(knowsExpiryLater),

	'close() may be called twice, and at once': () => {
		let isClosed = false;
		return {
			close: async () => {
				if (isClosed) throw new Error('Closed already');
				isClosed = true;
			},
		};
	},
	'close() waits for calls in progress': store => {
		let isClosed = false;
		return {
			read: async key => {
				await nextTurn();
				if (isClosed) throw new Error('The connection broke off');
				return store.read(key);
			},
			close: async () => {
				isClosed = true;
			},
		};
	},
	'after close() every call rejects, and says why': store => ({delete: key => store.delete(key)}),
	'a store that was closed before it was used refuses to work too': store => ({read: key => store.read(key)}),
	'close() leaves the records for the next store that opens them': store => {
		const keys = new Set<string>();
		return {
			create: (key, record) => store.create(keys.add(key) && key, record),
			close: async () => {
				for (const key of keys) await store.delete(key);
			},
		};
	},
};

/** Stores that break a case in another way, by the case's title. */
export const otherFaults: Readonly<Record<string, Fault>> = {
	'bytes may be as many as `maxBytes` says, under the longest key and with the longest subject': cutsOff(maxBytes - 1),
	'bySubject() walks more keys than a page has, each once': store => ({
		bySubject: async function* (subject) {
			for (;;) yield (await keysOf(store.bySubject(subject))).slice(0, 100);
		},
	}),
	'keys() walks more keys than a page has, and comes to an end': store => ({
		keys: async function* (prefix) {
			for (;;) yield (await keysOf(store.keys(prefix))).slice(0, 100);
		},
	}),
};

/** For cases of several processes, the case of one that a store passes which has the fault between processes alone. */
export const withinOne: Readonly<Record<string, string>> = {
	'touch() in several processes neither undoes an update() in another one nor makes it conflict':
		'touch() neither undoes an update() at the same time nor makes it conflict',
	'touch() in several processes brings no record back that another one deletes':
		'touch() brings no record back that is deleted at the same time',
	'of touch() and update() calls with a known expiry from several processes only one kind succeeds':
		'of a touch() and an update() with a known expiry at the same time one succeeds',
};
