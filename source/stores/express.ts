import {hash} from 'node:crypto';
import {
	type SessionRecord,
	type Store,
	toVersion,
	type UpdateResult,
	type Version,
	type VersionedRecord,
} from '../store.ts';
import {called, unlessMissing} from './shared/callback-store.ts';
import {isLive} from './shared/record.ts';
import {drawVersion} from './shared/version.ts';

/** The part of an express-session store that is needed: every `connect-*` store has it. */
export interface ExpressStore {
	get(id: string, done: (error?: unknown, session?: unknown) => void): void;
	set(id: string, session: never, done: (error?: unknown) => void): void;
	destroy(id: string, done: (error?: unknown) => void): void;
}

/**
Lets a store that was made for express-session, such as that of `connect-redis`, keep sessions of this middleware.

Such a store can only get and set, so a write first compares the version and then overwrites. Between the two, another
**process** may write as well. Within one process, calls for one record wait for each other, unless one takes longer than five
seconds, and the whole contract holds. With several processes:

- Of two writes at once, the later one wins and the changes of the other are lost.
- A write or a touch that is in progress while another process ends the session brings it back.
- `create()` may overwrite a record that another process creates under the same key at the same moment.

There is no index of subjects, so `list()` and `revoke()` are refused. Expired records are removed by the store, if it does so.
Each write takes two calls. Use another store if several processes serve requests, or if a logout must be final.

@param store As express-session would get it. It is not closed.
@throws TypeError If it lacks a method.

@example
import session from 'koa-server-session';
import {type ExpressStore, fromExpressStore} from 'koa-server-session/stores/express';

declare const store: ExpressStore; // new SQLiteStore(), new FileStore() …

app.use(session(app, {store: fromExpressStore(store)}));
*/
export const fromExpressStore = (store: ExpressStore): Store => {
	for (const method of ['get', 'set', 'destroy'] as const) {
		if (typeof store?.[method] === 'function') continue;
		throw new TypeError(`Expected \`store\` to be a store of express-session, got something without \`${method}()\``);
	}

	return new Adapter(store);
};

class Adapter implements Store {
	readonly #store: ExpressStore;

	constructor(store: ExpressStore) {
		this.#store = store;
	}

	create(key: string, record: SessionRecord): Promise<Version | undefined> {
		return this.#inTurn(key, async () => ((await this.read(key)) ? undefined : this.#write(key, record)));
	}

	async read(key: string): Promise<VersionedRecord | undefined> {
		const session = await called(done => this.#store.get(idOf(key), done)).catch(unlessMissing);
		const record = decode(session);
		return record && isLive(record) ? record : undefined;
	}

	update(key: string, record: SessionRecord, version: Version, knownExpiry?: number): Promise<UpdateResult> {
		return this.#inTurn(key, async () => {
			const current = await this.read(key);
			if (!current) return 'missing';
			if (current.version !== version || current.expiresAt !== (knownExpiry ?? current.expiresAt)) return 'conflict';
			return {version: await this.#write(key, record)};
		});
	}

	/** Doesn't use the store's `touch()`: in many stores it moves an expiry that `get()` doesn't return. */
	touch(key: string, expiresAt: number, version: Version): Promise<boolean> {
		return this.#inTurn(key, async () => {
			const current = await this.read(key);
			if (current?.version !== version) return false;
			await this.#write(key, {...current, expiresAt}, current.version);
			return true;
		});
	}

	delete(key: string, version?: Version): Promise<boolean> {
		return this.#inTurn(key, async () => {
			const current = await this.read(key);
			if (version !== undefined && current?.version !== version) return false;
			await this.#destroy(key);
			return current !== undefined;
		});
	}

	async #write(key: string, record: SessionRecord, version = drawVersion()): Promise<Version> {
		if (isLive(record)) await called(done => this.#store.set(idOf(key), encode(record, version) as never, done));
		else await this.#destroy(key);
		return version;
	}

	async #destroy(key: string): Promise<void> {
		await called(done => this.#store.destroy(idOf(key), done)).catch(unlessMissing);
	}

	/** Changes a record after all earlier calls of this process for it have ended. */
	async #inTurn<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
		const queues = queuesOf(this.#store);
		const before = queues.get(key) ?? Promise.resolve();
		const run = before.then(work);
		const over = before.then(() => ended(run));
		queues.set(key, over);
		try {
			return await run;
		} finally {
			if (queues.get(key) === over) queues.delete(key);
		}
	}
}

/** How long a call may keep others waiting, in milliseconds: a store that lost its server may never call back. */
const patience = 5000;

/** Resolves when a call has succeeded, failed, or taken too long. */
const ended = (run: Promise<unknown>): Promise<void> =>
	new Promise(resolve => {
		const timer = setTimeout(resolve, patience).unref();
		const end = () => {
			clearTimeout(timer);
			resolve();
		};
		run.then(end, end);
	});

/** One map for each store, however often it was adapted. */
const queuesByStore = new WeakMap<ExpressStore, Map<string, Promise<void>>>();

const queuesOf = (store: ExpressStore): Map<string, Promise<void>> => {
	const queues = queuesByStore.get(store) ?? new Map();
	queuesByStore.set(store, queues);
	return queues;
};

/** Hashed, because some stores use ids as file names, and others as short columns or in a case-insensitive collation. */
const idOf = (key: string): string => hash('sha256', key);

/** A session as express-session has it. Stores read from its cookie how long the record lives. */
const encode = ({bytes, expiresAt, subject}: SessionRecord, version: Version): object => {
	const maxAge = expiresAt - Date.now();
	const cookie = {path: '/', httpOnly: true, originalMaxAge: maxAge, maxAge, expires: new Date(expiresAt)};
	const record = {version, expiresAt, subject, bytes: Buffer.from(bytes).toString('base64')};
	return {cookie, record};
};

const decode = (session: unknown): VersionedRecord | undefined => {
	const {record} = (session ?? {}) as {record?: Record<string, unknown> | null};
	const {version, expiresAt, subject, bytes} = record ?? {};
	if (typeof version !== 'string' || typeof expiresAt !== 'number' || typeof bytes !== 'string') return undefined;
	return {
		version: toVersion(version),
		expiresAt,
		bytes: Buffer.from(bytes, 'base64'),
		subject: typeof subject === 'string' ? subject : undefined,
	};
};
