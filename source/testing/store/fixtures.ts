import assert from 'node:assert/strict';
import type {ReadOptions, SessionRecord, Store, Version} from '../../store.ts';
import type {Clock} from './clock.ts';
import type {OpenAnother} from './store-case.ts';

/** How many callers race for one record: enough to catch a store between a check and the write after it. */
export const callers = 50;

const hour = 3_600_000;

/** Long enough for the calls before its end on a busy machine, short enough to wait for in real time. */
const moment = 1000;

/** How often to repeat what fails only if two calls meet at the wrong moment. */
export const rounds = 20;

/** How long a key may be. */
export const longest = 250;

/** The longest subjects: of 255 characters, each of which takes one byte in UTF-8, or three. */
export const [longSubject, wideSubject] = ['x'.repeat(255), '\u65E5'.repeat(255)] as const;

/** More records than fit into a page, which mostly has 100 or 1,000 keys or a megabyte; and how many bytes each has. */
const [severalPages, bytesEach] = [1100, 1000];

/** A key that no other case uses. */
export const makeKey = (): string => `session:${crypto.randomUUID()}`;

/** A key that no other case uses, as long as a key may be. */
export const longestKey = (): string => makeKey().padStart(longest, ':');

export const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A record that outlives its case. */
export const lasting = (clock: Clock, text: string, subject?: string): SessionRecord => ({
	bytes: encode(text),
	expiresAt: clock.now() + hour,
	subject,
});

/** A record that a case can outlive. */
export const brief = (clock: Clock, text: string, subject?: string): SessionRecord => ({
	...lasting(clock, text, subject),
	expiresAt: clock.now() + Math.max(moment, 2 * clock.precision),
});

/** A record whose time is over. */
export const past = (clock: Clock, text: string): SessionRecord => ({
	...lasting(clock, text),
	expiresAt: clock.now() - clock.precision,
});

/** Waits until a record has ended, as exactly as the store keeps it. */
export const outlive = (clock: Clock, {expiresAt}: SessionRecord): Promise<void> =>
	clock.advance(Math.max(0, expiresAt + clock.precision - 1 - clock.now()));

/** Inserts a record under a key that must be free. */
export const create = async (store: Store, key: string, record: SessionRecord): Promise<Version> => {
	const version = await store.create(key, record);
	assert.ok(typeof version === 'string', 'create() of a free key resolves with a version');
	return version;
};

/** Inserts the same record under many new keys at once; resolves with their versions. */
export const createAll = async (store: Store, record: SessionRecord): Promise<ReadonlyMap<string, Version>> => {
	const created = perCaller(async () => {
		const key = makeKey();
		return [key, await create(store, key, record)] as const;
	});
	return new Map(await Promise.all(created));
};

/** Inserts more records than fit into a page; resolves with their keys. */
export const createPages = async (store: Store, clock: Clock, subject?: string): Promise<readonly string[]> => {
	const bytes = new Uint8Array(bytesEach).subarray(0, store.maxBytes);
	const record: SessionRecord = {...lasting(clock, '', subject), bytes};
	const keys: string[] = [];
	while (keys.length < severalPages) keys.push(...(await createAll(store, record)).keys());
	return keys;
};

/** Replaces a record whose version must be the newest. */
export const update = async (store: Store, key: string, record: SessionRecord, version: Version): Promise<Version> => {
	const result = await store.update(key, record, version);
	assert.ok(typeof result === 'object', `update() of the newest version resolves with \`{version}\`, not ${result}`);
	assert.equal(typeof result.version, 'string', 'and that is a version');
	return result.version;
};

export const assertSameBytes = (actual: Uint8Array, expected: Uint8Array): void => {
	assert.ok(actual instanceof Uint8Array, 'the bytes are a Uint8Array');
	// Not `deepEqual`: for it, a `Buffer` with the same bytes differs, and its message prints all bytes.
	assert.ok(Buffer.compare(actual, expected) === 0, 'the bytes are those that were stored');
};

/** Asserts that the store holds exactly that record. Resolves with its version. */
export const assertHolds = async (
	store: Store,
	key: string,
	expected: SessionRecord,
	clock: Clock,
	options?: ReadOptions,
): Promise<Version> => {
	const record = await store.read(key, options);
	assert.ok(record, 'read() finds the record');
	assertSameBytes(record.bytes, expected.bytes);
	assert.equal(record.subject, expected.subject, 'the subject is the one expected');
	assert.ok(
		Math.abs(record.expiresAt - expected.expiresAt) < clock.precision,
		`the expiry is ${expected.expiresAt}, give or take less than ${clock.precision} ms, not ${record.expiresAt}`,
	);
	return record.version;
};

/** Asserts that the store holds nothing under that key. */
export const assertGone = async (store: Store, key: string, options?: ReadOptions): Promise<void> => {
	assert.equal(await store.read(key, options), undefined, 'read() resolves with undefined');
};

/**
Walks to the end. Resolves with the keys, sorted, including those that came twice.

@param most Rejects if more keys come, since such a walk may begin again and again.
*/
export const collect = async (
	walk: AsyncIterable<readonly string[]> | undefined,
	most = Number.POSITIVE_INFINITY,
): Promise<string[]> => {
	assert.ok(walk, 'the store can walk over keys');
	const keys: string[] = [];
	for await (const page of walk) {
		assert.ok(Array.isArray(page), 'a page is a list of keys');
		keys.push(...page);
		assert.ok(keys.length <= most, `the walk ends after at most ${most} keys`);
	}
	return keys.toSorted();
};

/** Asserts that none of so many keys is left out. */
export const assertAllFound = (found: readonly string[], keys: readonly string[]): void => {
	const among = new Set(found);
	const missing = keys.filter(key => !among.has(key)).length;
	assert.equal(missing, 0, `the walk finds all ${keys.length} keys, not all but ${missing}`);
};

/** Opens more stores on the same records, and closes them afterwards. */
export const withOthers = async (
	openAnother: OpenAnother | undefined,
	count: number,
	work: (others: readonly Store[]) => Promise<void>,
): Promise<void> => {
	assert.ok(openAnother, 'the case gets `openAnother`');
	const others = await Promise.all(Array.from({length: count}, openAnother));
	try {
		await work(others);
	} finally {
		await Promise.all(others.map(other => other.close?.()));
	}
};

/** As many of something as there are callers. */
export const perCaller = <Thing>(make: (caller: number) => Thing): Thing[] =>
	Array.from({length: callers}, (_, caller) => make(caller));
