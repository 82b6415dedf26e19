import assert from 'node:assert/strict';
import {type Codec, type Envelope, open} from '../../source/codec.ts';
import type {Store, Version} from '../../source/store.ts';
import {measureAll, type OperationFigures} from '../measure.ts';
import type {BareClient} from './bare-clients.ts';

export const operations = ['create', 'read', 'update', 'touch', 'destroy'] as const;

export type Operation = (typeof operations)[number];

/** Stores records, and does each operation to the record of a key. */
export type Keeper = Readonly<Record<Operation, (key: string) => Promise<unknown>>>;

export type LifeFigures = Readonly<Record<Operation, OperationFigures>>;

let lives = 0;

/** Creates records, reads, updates, touches and destroys them. Each operation is done to all of them before the next. */
export const live = async (keeper: Keeper, records: number): Promise<LifeFigures> => {
	const keys = Array.from({length: records}, () => `session:benchmark-${process.pid}-${++lives}`);
	const figures: Partial<Record<Operation, OperationFigures>> = {};
	for (const operation of operations) figures[operation] = await measureAll(keys, keeper[operation]);
	return figures as LifeFigures;
};

/** A session, and the same with a change. */
export type Sessions = {readonly first: Envelope; readonly changed: Envelope};

const hour = 3_600_000;
const endsAt = () => Date.now() + hour;

/** A session as the codec writes it. */
export const bytesOf = (codec: Codec<Envelope>, session: Envelope, key = ''): Buffer => {
	const bytes = open(codec, undefined, {key}).close(session);
	assert.ok(bytes);
	return Buffer.from(bytes);
};

/** Store and codec together, as in a request. A session that was read is compared, and not written. */
export const storeWithCodec = (store: Store, codec: Codec<Envelope>, {first, changed}: Sessions): Keeper => {
	const write = (key: string, session: Envelope) => open(codec, undefined, {key}).close(session) ?? new Uint8Array();
	const read = (key: string, bytes: Uint8Array) => {
		const passage = open(codec, bytes, {key});
		assert.equal(passage.close(passage.session), bytes);
		return passage.session;
	};
	return keeperOf(store, {write: (key, which) => write(key, which === 'first' ? first : changed), read});
};

/** The store alone: the bytes are ready. */
export const storeAlone = (store: Store, codec: Codec<Envelope>, sessions: Sessions): Keeper => {
	const [first, changed] = [bytesOf(codec, sessions.first), bytesOf(codec, sessions.changed)];
	return keeperOf(store, {write: (_, which) => (which === 'first' ? first : changed), read: (_, bytes) => bytes});
};

type Serialiser = {
	write(key: string, which: keyof Sessions): Uint8Array;
	read(key: string, bytes: Uint8Array): unknown;
};

const keeperOf = (store: Store, {write, read}: Serialiser): Keeper => {
	const versions = new Map<string, Version>();
	const versionOf = (key: string): Version => {
		const version = versions.get(key);
		if (version === undefined) throw new Error('Expected a record that was created');
		return version;
	};
	return {
		async create(key) {
			const version = await store.create(key, {bytes: write(key, 'first'), expiresAt: endsAt()});
			if (version === undefined) throw new Error('Expected to create a record');
			versions.set(key, version);
		},
		async read(key) {
			const record = await store.read(key);
			return record && read(key, record.bytes);
		},
		async update(key) {
			const record = {bytes: write(key, 'changed'), expiresAt: endsAt()};
			const result = await store.update(key, record, versionOf(key));
			if (typeof result === 'string') throw new Error('Expected to update a record');
			versions.set(key, result.version);
		},
		async touch(key) {
			if (!(await store.touch(key, endsAt(), versionOf(key)))) throw new Error('Expected to touch a record');
		},
		async destroy(key) {
			if (!(await store.delete(key, versionOf(key)))) throw new Error('Expected to delete a record');
			versions.delete(key);
		},
	};
};

/** The client alone, with the same bytes. */
export const clientAlone = (client: BareClient, codec: Codec<Envelope>, sessions: Sessions): Keeper => {
	const [first, changed] = [bytesOf(codec, sessions.first), bytesOf(codec, sessions.changed)];
	return {
		create: key => client.create(key, first, endsAt()),
		read: key => client.read(key),
		update: key => client.update(key, changed, endsAt()),
		touch: key => client.touch(key, endsAt()),
		destroy: key => client.destroy(key),
	};
};

/** The client as an application uses it: it serialises and parses JSON itself. */
export const clientWithJson = (client: BareClient, {first, changed}: Sessions): Keeper => {
	const write = (session: Envelope) => Buffer.from(JSON.stringify(session));
	return {
		create: key => client.create(key, write(first), endsAt()),
		async read(key) {
			const bytes = await client.read(key);
			return bytes && JSON.parse(Buffer.from(bytes).toString());
		},
		update: key => client.update(key, write(changed), endsAt()),
		touch: key => client.touch(key, endsAt()),
		destroy: key => client.destroy(key),
	};
};

/** Checks that a keeper works: a wrong one may be fast. */
export const verify = async (keeper: Keeper, {first, changed}: {first: unknown; changed: unknown}): Promise<void> => {
	const key = `session:verify-${process.pid}`;
	const read = async () => {
		const value = await keeper.read(key);
		return value instanceof Uint8Array ? Buffer.from(value) : value;
	};
	await keeper.create(key);
	assert.deepStrictEqual(await read(), first);
	await keeper.update(key);
	assert.deepStrictEqual(await read(), changed);
	await keeper.touch(key);
	await keeper.destroy(key);
	assert.equal(await read(), undefined);
};
