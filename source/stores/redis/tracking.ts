/** A connection of its own, as `duplicate()` of an ioredis client makes one. */
export type Link = {
	connect(): Promise<unknown>;
	disconnect(): void;
	on(event: 'error' | 'close', listener: () => void): unknown;
	on(event: 'messageBuffer', listener: (channel: Buffer, message: unknown) => void): unknown;
	select(database: number): Promise<unknown>;
	client(...words: string[]): Promise<unknown>;
	info(section: string): Promise<string>;
	subscribe(channel: string): Promise<unknown>;
	ping(): Promise<unknown>;
	getBuffer(key: string): Promise<Buffer | null>;
	readonly stream?: {unref?(): unknown} | undefined;
};

/** What tracking needs of a client: further connections to the same server. `Redis` of ioredis fits, `Cluster` doesn't. */
export interface TrackedClient {
	duplicate(options: object): Link;
	on(event: 'close' | 'select', listener: () => void): unknown;
	off(event: 'close' | 'select', listener: () => void): unknown;
	readonly options?: {readonly db?: number | undefined; readonly keyPrefix?: string | undefined};
}

/** What tracking reports. */
export type TrackingListener = {
	/** These keys have changed, as the server names them; without any, all of them may have. */
	changed(keys: readonly string[] | undefined): void;

	/** A connection is lost, and whatever has changed since with it. */
	lost(): void;
};

/** How often the server must show that its news arrives, in milliseconds. */
const probeEvery = 1000;

/** How much longer the last answer counts while the next one is under way, in milliseconds. */
const patience = 200;

/** How long a reply may take, in milliseconds. The store then asks on its usual connection, which must fit into `storeTimeout`. */
const longestSilence = 1000;

const settings = {
	lazyConnect: true,
	// Both connections are made again together.
	retryStrategy: () => null,
	sentinelRetryStrategy: () => null,
	sentinelCommandTimeout: longestSilence,
	maxRetriesPerRequest: 0,
	autoResubscribe: false,
	commandTimeout: longestSilence,
	connectTimeout: longestSilence,
	// In the newer protocol, news comes in another form.
	protocol: 2,
	// The client may be in another one than its options say.
	db: 0,
};

/** The channel on which Redis names the keys that have changed. */
const news = '__redis__:invalidate';

/**
Reads values that the server then watches for this process: Redis's server-assisted client-side caching.

One connection reads. The other one hears which of the values that were read have changed.
See https://redis.io/docs/latest/develop/reference/client-side-caching/.
*/
export class Tracking {
	readonly #reads: Link;
	readonly #hears: Link;
	readonly #client: TrackedClient;
	readonly #database: number;
	readonly #listener: TrackingListener;
	#isLost = false;
	#isProbing = false;

	/** When the server was asked that has answered since: until then, all news has arrived. */
	#heardAt = Number.NEGATIVE_INFINITY;

	constructor(client: TrackedClient, listener: TrackingListener) {
		this.#client = client;
		this.#database = databaseOf(client);
		this.#listener = listener;
		this.#reads = client.duplicate(settings);
		this.#hears = client.duplicate(settings);
		for (const link of [this.#reads, this.#hears]) {
			// What went wrong, the usual connection finds too, and says.
			link.on('error', () => {});
			link.on('close', this.close);
		}
		// It may be on its way to another server.
		client.on('close', this.close);
		client.on('select', this.#follow);
	}

	/** @throws The client's error if there is no connection, or if the server refuses. */
	async start(): Promise<void> {
		try {
			await this.#start();
		} catch (error) {
			this.close();
			throw error;
		}
	}

	/**
	Whether all that changed more than about a second ago has been reported.

	Asked at each read, it sends a probe when one is due. So a process without requests sends none.
	*/
	isCurrent(now: number): boolean {
		const age = now - this.#heardAt;
		if (age >= probeEvery && !this.#isProbing) void this.#probe(now);
		return age < probeEvery + patience;
	}

	/** Reads a value, and has the server watch it. */
	read(key: string): Promise<Buffer | null> {
		return this.#reads.getBuffer(key);
	}

	/** Ends both connections. Reports the loss once. */
	readonly close = (): void => {
		if (this.#isLost) return;
		this.#isLost = true;
		this.#client.off('close', this.close);
		this.#client.off('select', this.#follow);
		this.#reads.disconnect();
		this.#hears.disconnect();
		this.#listener.lost();
	};

	/** The next tracking reads where the client does now. One turn later: a transaction may be elsewhere for a moment. */
	readonly #follow = (): void => {
		setImmediate(() => databaseOf(this.#client) !== this.#database && this.close());
	};

	async #start(): Promise<void> {
		const {keyPrefix = ''} = this.#client.options ?? {};
		await Promise.all([this.#reads.connect(), this.#hears.connect()]);
		// The process may end while they stand.
		for (const link of [this.#reads, this.#hears]) link.stream?.unref?.();

		const [one, other] = await Promise.all([this.#reads, this.#hears].map(runOf));
		// The name of the server may have led to another one in the meantime, which never hears of the changes.
		if (one !== other) throw new Error('Expected both connections to lead to the same server, got two servers');

		this.#hears.on('messageBuffer', (_channel, message) => this.#listener.changed(keysOf(message, keyPrefix)));
		const [id] = await Promise.all([this.#hears.client('ID'), this.#hears.subscribe(news)]);
		// Here rather than by an option, with which the library would go on in database 0 if it failed.
		if (this.#database !== 0) await this.#reads.select(this.#database);
		await this.#reads.client('TRACKING', 'ON', 'REDIRECT', String(id));
		await this.#probe(performance.now());
	}

	async #probe(now: number): Promise<void> {
		this.#isProbing = true;
		try {
			await this.#hears.ping();
			this.#heardAt = now;
		} catch {
			this.close();
		} finally {
			this.#isProbing = false;
		}
	}
}

/** What the library notes of a connection, and of the one before while it connects again. */
type Noted = {readonly [name in 'condition' | 'prevCondition']?: {readonly select?: number} | null};

/** The database that a client is in. `select()` leaves its options as they were. */
const databaseOf = (client: TrackedClient & Noted): number => {
	const {select = client.options?.db ?? 0} = client.prevCondition ?? client.condition ?? {};
	return select;
};

/** Which run of which server this is, as far as it says. */
const runOf = async (link: Link): Promise<string | undefined> => {
	const told = await link.info('server').catch(() => '');
	return /^run_id:(\w+)/m.exec(told)?.[1];
};

/** The names in a message, without what the client puts before each. A message without names is about all keys. */
const keysOf = (message: unknown, keyPrefix: string): readonly string[] | undefined =>
	Array.isArray(message) ? message.map(key => String(key).slice(keyPrefix.length)) : undefined;
