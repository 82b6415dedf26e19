/**
The store's own token for one exact state of a record. Opaque: only the store that made it can read it.

It belongs to one write and never comes back, not even for the same bytes.
*/
export type Version = string;

/** What a store keeps under a key. */
export type SessionRecord = {
	/** Any octets, none included. */
	readonly bytes: Uint8Array;

	/** When the record ends, in milliseconds since the epoch. */
	readonly expiresAt: number;

	/** Whose session it is. Absent in an update: it is nobody's any more. */
	readonly subject?: string;
};

/** A record as it came out of a store. */
export type VersionedRecord = SessionRecord & {readonly version: Version};

/**
Where sessions are kept. Write your own by fulfilling this contract; `koa-server-session/testing` checks it.

- A **key** is up to 250 printable ASCII characters without spaces. It is compared byte for byte.
- **Bytes are copied** in both directions: whoever handed them in or got them may reuse or change them.
- **Expired is gone.** From `expiresAt` on, every method treats a record as if it weren't there, whatever the
  backend's own sweeper has done by then. A record written with an `expiresAt` already past counts as written, and
  nothing is kept.
- **One record, one winner.** Of any number of calls at once, from any number of processes, that insert the same key or
  replace the same version, exactly one succeeds.
- **A rejection means a fault** of the backend (unreachable, full, misconfigured), never an unknown, expired or
  malformed key. After a rejection or a time-out, what happened is unknown, and either state may be found later; never
  a mixture.
- A replay of one's own write, as client libraries make it after a lost reply, counts as that write, not as a conflict.
- Methods are called without waiting for each other, and after a time-out their late result is ignored.
*/
export interface Store {
	/**
	Inserts a record.

	Resolves with its version, or with `undefined`, having changed nothing, if the key holds a live record: the caller
	draws another id. An expired record under the key is replaced.
	*/
	create(key: string, record: SessionRecord): Promise<Version | undefined>;

	/** Reads a live record, its latest acknowledged state. Resolves with `undefined` if there is none. */
	read(key: string): Promise<VersionedRecord | undefined>;

	/**
	Replaces the record if it is still at `version`: bytes, expiry and subject, all or nothing.

	Resolves with the new version; with `'conflict'` if the record is live at another version; with `'missing'` if there
	is no live record. Never inserts: a session that was destroyed meanwhile must stay so.
	*/
	update(key: string, record: SessionRecord, version: Version): Promise<Version | 'conflict' | 'missing'>;

	/**
	Moves the expiry of a live record, earlier or later, and nothing else.

	The record keeps its version, so that a touch makes no parallel update conflict, nor can it undo one.
	Resolves with `false`, having changed nothing, if there is no live record or if `version` is given and isn't the
	record's. Resolves with `true` otherwise.
	*/
	touch(key: string, expiresAt: number, version?: Version): Promise<boolean>;

	/** Removes a record. Quiet if there is none. */
	delete(key: string): Promise<void>;

	/**
	Deletes up to `limit` expired records; resolves with how many. Fewer than `limit` means: that was all.

	Left out where the backend expires by itself. Looks at the expiry again as it deletes, so that a record touched
	meanwhile lives on.
	*/
	prune?(limit: number): Promise<number>;

	/**
	Walks the keys of a subject's live records, in no particular order.

	Records that come or go during the walk may be in it or not; all others are in it once. Left out where the backend
	has no index.
	*/
	bySubject?(subject: string): AsyncIterable<string>;

	/**
	Walks the keys that begin with `prefix`, in no particular order, for whoever moves sessions to another store.

	All live records that are there during the whole walk are in it; a key may come twice, and the record of one may have
	ended: read it. Never holds all keys at once. Left out where the backend can't list what it has.
	*/
	keys?(prefix: string): AsyncIterable<string>;

	/**
	Closes what the store itself opened, and only that. Idempotent.

	Lets calls under way end first. Afterwards a store that opened something rejects every call with an error that says so;
	one that didn't works as before.
	*/
	close?(): Promise<void>;

	/** The most bytes that a record may have; checked by the caller before it asks for a write. */
	readonly maxBytes?: number;
}
