import {SessionError} from '../errors.ts';
import {checkObject} from '../options/checks.ts';
import {checkNames} from '../options/names.ts';
import type {ReadOptions, SessionRecord, Store, UpdateResult, Version, VersionedRecord} from '../store.ts';
import {borrow, connectTo, type RedisClient, type RedisConnection} from './redis/client.ts';
import type {RedisCommands} from './redis/commands.ts';
import {toStoreError} from './redis/errors.ts';
import {keys} from './redis/keys.ts';
import {NearCache} from './redis/near-cache.ts';
import type {RedisStoreOptions} from './redis/options.ts';
import {joinVersion, splitVersion, toRecord} from './redis/record.ts';
import {
	createScript,
	deleteScript,
	readScript,
	setWriteHead,
	touchScript,
	updateScript,
	writeHeadLength,
} from './redis/record-scripts.ts';
import {ask, askForList, askOnce, run} from './redis/script.ts';
import {SubjectIndex} from './redis/subject-index.ts';
import {encodeExpiry, encodeFrame, longestFrameHead} from './shared/frame.ts';
import {ofClientStores} from './shared/other-stores.ts';
import {isLive} from './shared/record.ts';
import {drawVersion} from './shared/version.ts';
import type {Walk} from './shared/walk.ts';

export type {RedisClient} from './redis/client.ts';
export type {NearCacheOptions} from './redis/near-cache.ts';
export type {RedisStoreOptions} from './redis/options.ts';

/**
Keeps sessions in Redis 6 or newer, in Valkey, in a cluster of either, or in a master that sentinels watch.

Pass in your own client, or a URL. These fit: clients of ioredis 5.3 and newer, of iovalkey, and of node-redis, the package
`redis`, 5 and newer, for one server, a cluster or sentinels, and pools. Connect a client of node-redis first. A URL opens a
client of ioredis on first use, which keeps the process alive until `close()` closes it; your own client stays open.

A client's options don't change what the store does: replies are decoded in the same way, and masters are asked even where
the client reads from replicas, which may be late. A cluster's client with automatic pipelining needs ioredis 5.11: earlier
versions and iovalkey take the hash of a script for its key.

While a cluster or sentinels replace a failed master, calls fail within seconds; afterwards the store continues
automatically. **Redis replicates asynchronously:** the new master may lack what the old one acknowledged in its last
moments, even the end of a session. What its replica had is kept, and no master ever replaces a version twice. The server's
setting `min-replicas-to-write` narrows the gap.

A record is one string under its key. The key of a record with a subject is also in a sorted set, named
`koa-server-session:subject:` and a hash of the subject. Everything expires automatically.

Each operation is one round trip. Another one comes first when a record gets a subject that it didn't have; and over several
connections, as to a cluster, when the expiry of a record with a subject moves.

@example
import {Redis} from 'ioredis';
import session from 'koa-server-session';
import {RedisStore} from 'koa-server-session/stores/redis';

app.use(session(app, {store: new RedisStore(new Redis('redis://127.0.0.1:6379'))}));
*/
export class RedisStore implements Store {
	/** Redis's limit for an argument, 512 MiB, less what is sent beside the bytes. */
	readonly maxBytes: number = 2 ** 29 - longestFrameHead - writeHeadLength;

	readonly #connection: RedisConnection;
	#nearCache: NearCache | undefined;

	/**
	@param client Your own client, or a URL: `redis://127.0.0.1:6379`, `rediss://…`,
	`redis+cluster://one:6379,two:6379`, `rediss+cluster://…`, or `redis+sentinel://one:26379,two:26379/mymaster`. Without it,
	`redis://127.0.0.1:6379`.

	@throws TypeError If the client is of another library, of a version that is too old, or doesn't fit the options.
	@throws RangeError If an option is out of range.
	@throws SessionError `ERR_SESSION_STORE_URL` If the URL has another form. A server that can't be reached fails the first
	operation instead.
	*/
	constructor(client: RedisClient | string = 'redis://127.0.0.1:6379', options: RedisStoreOptions = {}) {
		checkObject('options', options, 'an object such as `{nearCache: true}`');
		checkNames(options, ['nearCache'], {remedies: ofClientStores});
		const {nearCache = false} = options;
		this.#connection = typeof client === 'string' ? connectTo(client) : borrow(client);
		if (nearCache === false) return;

		const {tracked} = this.#connection;
		if (!tracked) throw new TypeError(untracked);
		this.#nearCache = new NearCache(tracked, nearCache);
	}

	async create(key: string, record: SessionRecord): Promise<Version | undefined> {
		const nonce = drawVersion();
		const octets = encodeFrame(record, nonce, writeHeadLength);
		const reply = await this.#write(key, commands => {
			const write = () =>
				askOnce(commands, createReplies, 'taken', createScript, key, [setWriteHead(octets, record.expiresAt)]);
			return this.#entering(commands, key, record, write);
		});
		return reply === 'stored' ? joinVersion(nonce, record.subject) : undefined;
	}

	read(key: string, options?: ReadOptions): Promise<VersionedRecord | undefined> {
		if (!this.#nearCache || !options?.mayBeOld) return this.#read(key);
		const copy = this.#nearCache.find(key);
		return copy ? Promise.resolve(copy) : this.#readNear(this.#nearCache, key);
	}

	async update(key: string, record: SessionRecord, version: Version, knownExpiry?: number): Promise<UpdateResult> {
		const {nonce, subject} = splitVersion(version);
		const next = drawVersion();
		const octets = encodeFrame(record, next, writeHeadLength);
		const reply = await this.#write(key, commands => {
			const write = () => {
				const args = [setWriteHead(octets, record.expiresAt, {nonce, expiresAt: knownExpiry})];
				return askOnce(commands, updateReplies, 'conflict', updateScript, key, args);
			};
			return subject === record.subject
				? this.#raising(commands, key, {...record, knownExpiry}, write)
				: this.#entering(commands, key, record, write);
		});
		if (reply === 'stored' && (subject !== record.subject || !isLive(record))) this.#forget(key, subject);
		return reply === 'stored' ? {version: joinVersion(next, record.subject)} : reply;
	}

	async touch(key: string, expiresAt: number, version: Version): Promise<boolean> {
		const {nonce, subject} = splitVersion(version);
		const octets = encodeExpiry(expiresAt, writeHeadLength);
		const reply = await this.#write(key, commands => {
			const write = () =>
				ask(commands, ['touched', 'missing'], touchScript, key, [setWriteHead(octets, expiresAt, {nonce})]);
			return this.#raising(commands, key, {expiresAt, subject}, write);
		});
		if (reply === 'touched' && !isLive({expiresAt})) this.#forget(key, subject);
		return reply === 'touched';
	}

	async delete(key: string, version?: Version): Promise<boolean> {
		const nonce = version === undefined ? [] : [Buffer.from(splitVersion(version).nonce, 'base64url')];
		const reply = await this.#write(key, commands => askForList(commands, deleteScript, key, [Date.now(), ...nonce]));
		const [expiresAt, subject] = reply;
		if (expiresAt === undefined) return false;

		if (subject !== undefined) {
			this.#afterwards(commands => new SubjectIndex(commands, subject).leave({key, expiresAt: Number(expiresAt)}));
		}
		return true;
	}

	async *bySubject(subject: string): Walk {
		yield* this.#walk(await this.#use(async commands => new SubjectIndex(commands, subject).walk()));
	}

	async *keys(prefix: string): Walk {
		yield* this.#walk(await this.#use(async commands => keys(commands, prefix)));
	}

	async close(): Promise<void> {
		const nearCache = this.#nearCache;
		this.#nearCache = undefined;
		// Reads under way end first.
		await this.#connection.close();
		nearCache?.close();
	}

	#read(key: string, use = this.#connection.use): Promise<VersionedRecord | undefined> {
		// Not by `#use()`: one `then()` decodes the reply and handles faults.
		return use(commands => commands.get?.(key) ?? run(commands, readScript, key, [], value => value)).then(
			toRecord,
			this.#fail,
		);
	}

	#readNear(nearCache: NearCache, key: string): Promise<VersionedRecord | undefined> {
		const read = this.#connection.hold(async use => {
			const record = await nearCache.read(key);
			return record === 'unknown' ? this.#read(key, use) : record;
		});
		return read.catch(this.#fail);
	}

	/** Writes a record that isn't in its subject's index. It must be, before anyone can see the record. */
	async #entering<Reply>(
		commands: RedisCommands,
		key: string,
		{expiresAt, subject}: Indexed,
		write: () => Promise<Reply>,
	): Promise<Reply> {
		if (subject === undefined || !isLive({expiresAt})) return write();

		const pending = await new SubjectIndex(commands, subject).enter({key, expiresAt});
		const reply = await write();
		this.#afterwards(commands => new SubjectIndex(commands, subject).settle(key, pending));
		return reply;
	}

	/** Writes a record that is in its subject's index already. Only its expiry may have to move there, and never after it. */
	#raising<Reply>(
		commands: RedisCommands,
		key: string,
		{expiresAt, subject, knownExpiry}: Indexed & {readonly knownExpiry?: number | undefined},
		write: () => Promise<Reply>,
	): Promise<Reply> {
		if (subject === undefined || !isLive({expiresAt})) return write();

		const raised = new SubjectIndex(commands, subject).raise({key, expiresAt});
		if (!commands.inOrder && expiresAt !== knownExpiry) return raised.then(write);
		return Promise.all([write(), raised]).then(([reply]) => reply);
	}

	/** Takes a record that has ended, or has another subject now, out of its subject's index. */
	#forget(key: string, subject: string | undefined): void {
		if (subject !== undefined) this.#afterwards(commands => new SubjectIndex(commands, subject).forget(key));
	}

	/** Cleans up after a call, which doesn't wait for it. If it fails, the next walk cleans up instead. */
	#afterwards(work: (commands: RedisCommands) => Promise<void>): void {
		this.#use(work).catch(() => {});
	}

	async *#walk(walk: Walk): Walk {
		for (;;) {
			const {done, value} = await this.#use(() => walk.next());
			if (done) return;
			yield value;
		}
	}

	/** Writes a record. Whatever came of it, no copy counts any longer. */
	#write<Result>(key: string, work: (commands: RedisCommands) => Promise<Result>): Promise<Result> {
		const written = this.#use(work);
		return this.#nearCache ? written.finally(() => this.#nearCache?.drop(key)) : written;
	}

	#use<Result>(work: (commands: RedisCommands) => Promise<Result>): Promise<Result> {
		return this.#connection.use(work).catch(this.#fail);
	}

	readonly #fail = (error: unknown): never => {
		throw error instanceof SessionError ? error : toStoreError(error, this.#connection.lastFault?.());
	};
}

const untracked =
	'Expected a client of ioredis for one server or for sentinels, or their URL, with `nearCache`. For a cluster, and for a client of `redis`, leave `nearCache` out';

const createReplies = ['stored', 'taken'] as const;

const updateReplies = ['stored', 'conflict', 'missing'] as const;

type Indexed = Pick<SessionRecord, 'expiresAt' | 'subject'>;
