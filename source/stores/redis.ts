import {createHash} from 'node:crypto';
import {SessionError} from '../errors.ts';
import type {SessionRecord, Store, Version, VersionedRecord} from '../store.ts';
import {borrow, connectTo, type RedisClient, type RedisConnection} from './redis/client.ts';
import {toFault} from './redis/errors.ts';
import {keys} from './redis/keys.ts';
import {belongsScript, createScript, indexScript, type Script, touchScript, updateScript} from './redis/scripts.ts';
import {decodeFrame, drawVersion, encodeExpiry, encodeFrame, longestFrameHead} from './shared/frame.ts';

export type {RedisClient} from './redis/client.ts';

/**
Keeps sessions in Redis 6 or newer, in Valkey, in a cluster of either, or behind sentinels.

Give it the application's own `ioredis` client, or a URL to open one with on first use. Only that one is closed by
`close()`, and until then it keeps the process alive. A client of a cluster must read from masters, as it does by
default: a replica may be late, and a session that just ended would still be there. If it also pipelines by itself,
it needs ioredis 5.11: before, that took the hash of a script for its key.

While a cluster or sentinels replace a master that is gone, calls fail within seconds; afterwards the store goes on by
itself. **Redis replicates late:** the new master may lack what the old one acknowledged in its last moments, the end of a
session too. What its replica had is kept, and no master ever replaces a version twice; `min-replicas-to-write` in the
server's settings narrows the gap.

A record is one string under its key. Records with a subject are entered in a sorted set as well,
`koa-server-session:subject:` and a hash of the subject. Everything expires by itself.

Each operation is one round trip. A second one enters a record under a subject that it didn't have before, and tells
the sorted set when a touch moved its end.

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
		const version = drawVersion();
		const frame = encodeFrame(record, version);
		return this.#use(async client => {
			await index(client, key, record);
			const reply = await run(client, createScript, key, ...times(record.expiresAt), frame);
			return reply === 'stored' ? stamp(version, record.subject) : undefined;
		});
	}

	async read(key: string): Promise<VersionedRecord | undefined> {
		const frame = await this.#use(client => client.getBuffer(key));
		const record = frame ? decodeFrame(frame) : undefined;
		if (!record || record.expiresAt <= Date.now()) return undefined;
		return {...record, version: stamp(record.version, record.subject)};
	}

	async update(key: string, record: SessionRecord, version: Version): Promise<Version | 'conflict' | 'missing'> {
		const next = drawVersion();
		const frame = encodeFrame(record, next);
		return this.#use(async client => {
			const indexed = index(client, key, record);
			// A record must not be seen under a subject before the index knows, or a log-out everywhere may miss it.
			if (indexed && version !== stamp(random(version), record.subject)) await indexed;

			const expected = Buffer.from(random(version), 'base64url');
			const stored = run(client, updateScript, key, ...times(record.expiresAt), frame, expected);
			const reply = await (indexed ? Promise.all([stored, indexed]).then(([reply]) => reply) : stored);
			if (reply === 'conflict' || reply === 'missing') return reply;
			return stamp(next, record.subject);
		});
	}

	async touch(key: string, expiresAt: number, version?: Version): Promise<boolean> {
		const expected = version === undefined ? [] : [Buffer.from(random(version), 'base64url')];
		return this.#use(async client => {
			const end = encodeExpiry(expiresAt);
			const subject = await run(client, touchScript, key, ...times(expiresAt), end, ...expected);
			if (!Array.isArray(subject)) return false;

			// The index holds the record until its old end, so it may learn of the new one afterwards.
			if (typeof subject[0] === 'string') await index(client, key, {expiresAt, subject: subject[0]});
			return true;
		});
	}

	async delete(key: string): Promise<void> {
		await this.#use(client => client.del(key));
	}

	async *bySubject(subject: string): AsyncGenerator<string, void, undefined> {
		const now = Date.now();
		const keys = await this.#use(client => client.zrangebyscore(indexKey(subject), `(${now}`, '+inf'));
		const subjectBytes = Buffer.from(subject);
		for (let start = 0; start < keys.length; start += walkStep) {
			const step = keys.slice(start, start + walkStep);
			// The index knows too much: what was deleted, refused, or has another subject by now.
			const belong = await this.#use(client =>
				Promise.all(step.map(key => run(client, belongsScript, key, Date.now(), subjectBytes))),
			);
			yield* step.filter((_, place) => belong[place] === 1);
		}
	}

	async *keys(prefix: string): AsyncGenerator<string, void, undefined> {
		const walk = await this.#use(async client => keys(client, prefix));
		for (;;) {
			const {done, value} = await this.#use(() => walk.next());
			if (done) return;
			yield value;
		}
	}

	async close(): Promise<void> {
		await this.#connection.close();
	}

	#use<Result>(work: (client: RedisClient) => Promise<Result>): Promise<Result> {
		return this.#connection.use(work).catch(this.#fail);
	}

	readonly #fail = (error: unknown): never => {
		throw error instanceof SessionError ? error : toFault(error, this.#connection.lastFault?.());
	};
}

/** Enters a record under its subject. `undefined`: it has none, or has ended. */
const index = (
	client: RedisClient,
	key: string,
	{expiresAt, subject}: Pick<SessionRecord, 'expiresAt' | 'subject'>,
): Promise<unknown> | undefined => {
	if (subject === undefined) return undefined;
	const [now, timeToLive] = times(expiresAt);
	return timeToLive > 0 ? run(client, indexScript, indexKey(subject), now, timeToLive, expiresAt, key) : undefined;
};

const run = async (
	client: RedisClient,
	script: Script,
	key: string,
	...args: readonly (string | number | Buffer)[]
): Promise<unknown> => {
	try {
		return await client.evalsha(script.sha1, 1, key, ...args);
	} catch (error) {
		// A server that is new, restarted or flushed doesn't know the script; `EVAL` runs and keeps it.
		if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
		return client.eval(script.lua, 1, key, ...args);
	}
};

/** How many records of a subject are asked for at once. */
const walkStep = 100;

/** Redis adds the time to live to its own clock, and refuses what goes over 64 bits. */
const longestTimeToLive = 2 ** 52;

/** Our clock, and what is left until then by it. */
const times = (expiresAt: number): [now: number, timeToLive: number] => {
	const now = Date.now();
	return [now, Math.min(Math.ceil(expiresAt - now), longestTimeToLive)];
};

/** A version carries the subject that the index knows the record by: only a new one must be entered first. */
const stamp = (random: string, subject: string | undefined): Version =>
	subject === undefined ? random : `${random}:${subject}`;

const random = (version: Version): string => version.slice(0, 11);

/** Hashed, since a subject may be long, and names of people don't belong into keys. */
const indexKey = (subject: string): string =>
	`koa-server-session:subject:${createHash('sha256').update(subject).digest('base64url')}`;
