declare const brand: unique symbol;

/**
A store's own name for one exact state of a record. Opaque: only the store that made it can read it.

It belongs to one write and never comes back, not even for the same bytes. Draw at least 8 random bytes for it: a write
that a client library sends twice, because the first reply was lost, is recognised by its version.

`toVersion()` makes one, so that no other text is taken for a version by accident.
*/
export type Version = string & {readonly [brand]: true};

/**
Makes a version from a text. Only a store needs this.

@example
import {randomUUID} from 'node:crypto';
import {toVersion} from 'koa-server-session';

const version = toVersion(randomUUID());
*/
export const toVersion = (text: string): Version => text as Version;

/** What a store keeps under a key. */
export type SessionRecord = {
	/** Any octets, none included. */
	readonly bytes: Uint8Array;

	/** When the record ends, in milliseconds since the epoch. */
	readonly expiresAt: number;

	/**
	Whose session it is, in up to 255 characters, which take up to 765 bytes in UTF-8.

	`undefined`, or left out: nobody's, even if the record that it replaces was somebody's.
	*/
	readonly subject?: string | undefined;
};

/** A record as it came out of a store. */
export type VersionedRecord = SessionRecord & {readonly version: Version};

/** How exact a read has to be. */
export type ReadOptions = {
	/**
	Whether the state of up to five seconds ago is good enough. A request begins with such a read: what it writes later is
	compared with the newest state anyway.

	@default false
	*/
	readonly mayBeOld?: boolean;
};

/** What became of an update: see `Store`. */
export type UpdateResult = {readonly version: Version} | 'conflict' | 'missing';

/**
Where sessions are kept. Write your own by implementing this contract; `koa-server-session/testing` checks it.

- A **key** is up to 250 printable ASCII characters without spaces. It is compared byte for byte. Any other text holds no
  record, and asking for it is not a fault.
- **Bytes are copied** in both directions: the caller may reuse or change what it passed in and what it received.
- **Expired is gone.** From `expiresAt` on, every method treats a record as if it weren't there, whatever the backend's
  own sweeper has done by then. A record written with an `expiresAt` in the past counts as written, and nothing is kept.
- **One record, one winner.** Of any number of calls at once, from any number of processes, that insert under the same
  key, or that replace or delete the same version, exactly one succeeds.
- **A rejection means a fault** of the backend (unreachable, full, misconfigured). What happened is then unknown, as it
  is after a time-out: later, either state may be found, but never a mixture.
- **A write that is sent twice counts once.** Client libraries resend what got no reply. The second copy of a `create()` or
  an `update()` recognises the version that the first one wrote, and resolves as that one did. If it finds yet another
  version, its first copy may have been written and replaced since. Nobody knows, so it rejects: after a `'conflict'`, the
  caller would make its change twice.
- **Every method returns a promise**, and resolves with exactly what is documented: anything else is a fault.
- Methods are called without waiting for each other. After a time-out a late result is ignored.
*/
export interface Store {
	/**
	Inserts a record.

	Resolves with its version. Resolves with `undefined`, having changed nothing, if the key holds a live record: the caller
	draws another id. An expired record under the key is replaced.
	*/
	create(key: string, record: SessionRecord): Promise<Version | undefined>;

	/**
	Reads a live record, its latest acknowledged state. Resolves with `undefined` if there is none.

	With `mayBeOld` it may be a copy that the store keeps nearby: what another process writes or deletes is seen within five
	seconds. A copy that has ended is never given, nor one of a record that this store has written, touched or deleted since.
	Most stores keep none and leave `options` out.
	*/
	read(key: string, options?: ReadOptions): Promise<VersionedRecord | undefined>;

	/**
	Replaces the record if it is still at `version`: bytes, expiry and subject, all or nothing.

	Resolves with the new version; with `'conflict'` if the record is live at another version; with `'missing'` if there
	is no live record. Never inserts: a session that was destroyed in the meantime stays destroyed.

	With `knownExpiry` it also resolves with `'conflict'`, having changed nothing, if the record is at `version` but its
	expiry is another one: a touch has moved it, and the update would put it back. So of both at once, one succeeds.
	*/
	update(key: string, record: SessionRecord, version: Version, knownExpiry?: number): Promise<UpdateResult>;

	/**
	Moves the expiry of the record, earlier or later, if it is still at `version`. Changes nothing else.

	The record keeps its version: a touch neither undoes an update at the same time nor makes it conflict, unless that has
	a `knownExpiry`. Resolves with `false`, having changed nothing, if no live record is at `version`; otherwise with `true`.
	*/
	touch(key: string, expiresAt: number, version: Version): Promise<boolean>;

	/**
	Removes the record if it is still at `version`; without one, at whatever version it is.

	Resolves with `true` if this call removed a live record. Resolves with `false`, having removed no live record, if there
	was none, or none at `version`.

	A delete that a client library sends twice may resolve with `false` though its first copy removed the record. So `false`
	says that the record is gone or has another version, not who changed it.
	*/
	delete(key: string, version?: Version): Promise<boolean>;

	/**
	Deletes up to `limit` expired records; resolves with how many. Fewer than `limit` means that no more are left.

	Left out where the backend expires records automatically. Checks the expiry again as it deletes, so that a record which
	was touched in the meantime lives on.
	*/
	prune?(limit: number): Promise<number>;

	/**
	Walks the keys of a subject's live records, page by page, in no particular order.

	Records that come or go during the walk may be in it or not; all others are in it once. A page may be empty. Give one
	after each round trip: the caller limits the time for a page, not for the walk. Left out where the backend has no index.
	*/
	bySubject?(subject: string): AsyncIterable<readonly string[]>;

	/**
	Walks the keys that begin with `prefix`, page by page as `bySubject()` does.

	All live records that exist during the whole walk are in it. A key may come twice, and its record may have ended: read
	it. Never holds all keys at once. Left out where the backend can't list what it has.
	*/
	keys?(prefix: string): AsyncIterable<readonly string[]>;

	/**
	Closes what the store itself opened, and only that. Idempotent.

	Lets calls under way end first. Afterwards a store that opened something rejects every call with an error that says so;
	one that didn't works as before.

	`sessions.close()` calls this only for a store that the middleware opened from a URL. An application closes its own.
	*/
	close?(): Promise<void>;

	/** The most bytes that a record may have; checked by the caller before it asks for a write. */
	readonly maxBytes?: number;
}
