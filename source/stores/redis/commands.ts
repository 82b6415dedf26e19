/**
What the store sends to Redis, whichever client library carries it. Each command but those of `masters()` is about one key.
What fails rejects; nothing throws.
*/
export type RedisCommands = {
	/**
	Reads a value as a `Buffer`, or as `null` if there is none. Absent where the client may ask a replica, which may be late:
	a script always runs on a master.
	*/
	get?(key: string): Promise<unknown>;

	/** Runs a script that the server knows by its hash. Texts in the reply are `Buffer`s. */
	evalsha(sha1: string, key: string, args: readonly Argument[]): Promise<unknown>;

	/** Runs a script, which the server then knows. Texts in the reply are `Buffer`s. */
	eval(lua: string, key: string, args: readonly Argument[]): Promise<unknown>;

	/**
	All servers that hold keys. Their keys carry the client's own prefix. To find them, it may ask about `key`, which must be
	one that it may use.
	*/
	masters(key: string): Promise<readonly RedisServer[]>;

	/** What the client puts before each key. To find out, it may ask about `key`, which must be one that it may use. */
	prefix(key: string): Promise<string>;

	/** How many connections of the client were lost so far, after each of which a command may have been sent again. */
	losses(): number;

	/** How many connections were lost so far, after each of which commands may reach another server. */
	breaks(): number;

	/** Whether commands run in the order in which they are sent. Over several connections, one may fail and the next one run. */
	readonly inOrder: boolean;

	/** Called before each operation. Rejects if the client isn't connected to where it should be. */
	ready?(): Promise<unknown>;
};

export type Argument = string | number | Buffer;

/** A server that holds keys. */
export type RedisServer = {
	/** Sends one command exactly as it is. Texts in the reply are `Buffer`s or strings. */
	call(command: string, ...args: string[]): Promise<unknown>;

	/** How many connections to it were lost so far. The next one may be to another server. */
	breaks(): number;
};
