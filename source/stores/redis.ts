import {SessionError} from '../errors.ts';
import {
	type SessionRecord,
	type Store,
	toVersion,
	type UpdateResult,
	type Version,
	type VersionedRecord,
} from '../store.ts';
import {borrow, connectTo, type RedisClient, type RedisConnection} from './redis/client.ts';
import {toFault} from './redis/errors.ts';
import {keys} from './redis/keys.ts';
import {createScript, deleteScript, touchScript, updateScript} from './redis/record-scripts.ts';
import {run, times} from './redis/script.ts';
import {SubjectIndex} from './redis/subject-index.ts';
import {decodeFrame, encodeExpiry, encodeFrame, longestFrameHead} from './shared/frame.ts';
import {isLive} from './shared/record.ts';
import {drawVersion} from './shared/version.ts';
import type {Walk} from './shared/walk.ts';

export type {RedisClient} from './redis/client.ts';

/**
Keeps sessions in Redis 6 or newer, in Valkey, in a cluster of either, or behind sentinels.

Pass in your own `ioredis` client, or a URL. The client for a URL is opened at first use, and keeps the process alive
until `close()`, which closes only that one. A cluster's client must read from masters, which is its default: a replica
may be outdated, and a session that has just ended would still be there. With `enableAutoPipelining` on a cluster, it
needs ioredis 5.11: older versions take the hash of a script for its key.

While a failed master is being replaced, by a cluster or sentinels, calls fail within seconds. Afterwards the store
continues automatically. **Redis replicates asynchronously:** the new master may lack what the old one acknowledged in
its last moments, including the end of a session. `min-replicas-to-write` in the server's settings narrows the gap.
Anything that the replica has is kept, and no master ever replaces a version twice.

A record is one string under its key. Records with a subject are also members of a sorted set,
`koa-server-session:subject:` and a hash of the subject. Everything expires automatically.

Each operation is one round trip. Before a record gets a new subject, there is one more, which adds it to the index.

@example
import {Redis} from 'ioredis';
import session from 'koa-server-session';
import {RedisStore} from 'koa-server-session/stores/redis';

app.use(session(app, {store: new RedisStore(new Redis('redis://127.0.0.1:6379'))}));
*/
export class RedisStore implements Store {
	/** Redis's own limit for a value, 512 MiB, less what is kept beside the bytes. */
	readonly maxBytes: number = 2 ** 29 - longestFrameHead;

	readonly #connection: RedisConnection;

	/**
	@param client The application's client, or a URL: `redis://127.0.0.1:6379`, `rediss://…`,
	`redis+cluster://one:6379,two:6379`, `rediss+cluster://…`, or `redis+sentinel://one:26379,two:26379/mymaster`.

	@throws SessionError `ERR_SESSION_STORE_URL` If the URL is none of these. Whether a server can be reached shows with
	the first operation.
	*/
	constructor(client: RedisClient | string = 'redis://127.0.0.1:6379') {
		this.#connection = typeof client === 'string' ? connectTo(client) : borrow(client);
	}

	async create(key: string, record: SessionRecord): Promise<Version | undefined> {
		const nonce = drawVersion();
		const frame = encodeFrame(record, nonce);
		const reply = await this.#use(client =>
			this.#entering(client, key, record, () => run(client, createScript, key, ...times(record.expiresAt), frame)),
		);
		return reply === 'stored' ? joinVersion(nonce, record.subject) : undefined;
	}

	async read(key: string): Promise<VersionedRecord | undefined> {
		const frame = await this.#use(client => client.getBuffer(key));
		const record = frame ? decodeFrame(frame) : undefined;
		return record && isLive(record) ? {...record, version: joinVersion(record.version, record.subject)} : undefined;
	}

	async update(key: string, record: SessionRecord, version: Version): Promise<UpdateResult> {
		const {nonce, subject} = splitVersion(version);
		const next = drawVersion();
		const frame = encodeFrame(record, next);
		const reply = await this.#use(client => {
			const write = () => run(client, updateScript, key, ...times(record.expiresAt), frame, nonce);
			return subject === record.subject
				? this.#raising(client, key, record, write)
				: this.#entering(client, key, record, write);
		});
		if (reply === 'conflict' || reply === 'missing') return reply;
		return {version: joinVersion(next, record.subject)};
	}

	async touch(key: string, expiresAt: number, version: Version): Promise<boolean> {
		const {nonce, subject} = splitVersion(version);
		const end = encodeExpiry(expiresAt);
		const reply = await this.#use(client =>
			this.#raising(client, key, {expiresAt, subject}, () =>
				run(client, touchScript, key, ...times(expiresAt), end, nonce),
			),
		);
		return reply === 1;
	}

	async delete(key: string, version?: Version): Promise<boolean> {
		const nonce = version === undefined ? [] : [splitVersion(version).nonce];
		const reply = await this.#use(client => run(client, deleteScript, key, Date.now(), ...nonce));
		if (!Array.isArray(reply)) return false;

		const [expiresAt, subject]: unknown[] = reply;
		if (typeof subject === 'string') {
			this.#afterwards(client => new SubjectIndex(client, subject).leave({key, expiresAt: Number(expiresAt)}));
		}
		return true;
	}

	async *bySubject(subject: string): Walk {
		const walk = await this.#use(async client => new SubjectIndex(client, subject).walk());
		yield* this.#walk(walk);
	}

	async *keys(prefix: string): Walk {
		const walk = await this.#use(async client => keys(client, prefix));
		yield* this.#walk(walk);
	}

	async close(): Promise<void> {
		await this.#connection.close();
	}

	/** Writes a record that the index of its subject doesn't know: it must, before anybody can see the record. */
	async #entering(
		client: RedisClient,
		key: string,
		{expiresAt, subject}: Indexed,
		write: () => Promise<unknown>,
	): Promise<unknown> {
		if (subject === undefined || !isLive({expiresAt})) return write();

		const pending = await new SubjectIndex(client, subject).enter({key, expiresAt});
		const reply = await write();
		this.#afterwards(client => new SubjectIndex(client, subject).settle(key, pending));
		return reply;
	}

	/** Writes a record that the index of its subject knows, which only has to learn of another end. */
	async #raising(
		client: RedisClient,
		key: string,
		{expiresAt, subject}: Indexed,
		write: () => Promise<unknown>,
	): Promise<unknown> {
		if (subject === undefined || !isLive({expiresAt})) return write();

		const raised = new SubjectIndex(client, subject).raise({key, expiresAt});
		const [reply] = await Promise.all([write(), raised]);
		return reply;
	}

	/** Tidies up after a call, which doesn't wait for it. What goes wrong is made up for by the next walk. */
	#afterwards(work: (client: RedisClient) => Promise<void>): void {
		this.#use(work).catch(() => {});
	}

	async *#walk(walk: Walk): Walk {
		for (;;) {
			const {done, value} = await this.#use(() => walk.next());
			if (done) return;
			yield value;
		}
	}

	#use<Result>(work: (client: RedisClient) => Promise<Result>): Promise<Result> {
		return this.#connection.use(work).catch(this.#fail);
	}

	readonly #fail = (error: unknown): never => {
		throw error instanceof SessionError ? error : toFault(error, this.#connection.lastFault?.());
	};
}

type Indexed = Pick<SessionRecord, 'expiresAt' | 'subject'>;

/** A version carries the subject that the index knows the record by: only a new one must be entered before a write. */
const joinVersion = (nonce: string, subject: string | undefined): Version =>
	toVersion(subject === undefined ? nonce : `${nonce}:${subject}`);

const nonceLength = 11;

const splitVersion = (version: Version): {nonce: Buffer; subject: string | undefined} => ({
	nonce: Buffer.from(version.slice(0, nonceLength), 'base64url'),
	subject: version.length > nonceLength ? version.slice(nonceLength + 1) : undefined,
});
