import {
	type SessionRecord,
	type Store,
	toVersion,
	type UpdateResult,
	type Version,
	type VersionedRecord,
} from '../../source/store.ts';
import type {Scheduler} from './scheduler.ts';

/** What goes wrong with one call. `twice`: the client library sends it again, since it got no reply to the first. */
export type Fault = 'no fault' | 'call lost' | 'call hangs' | 'reply lost' | 'reply hangs' | 'twice';

export const faults: readonly Fault[] = ['call lost', 'call hangs', 'reply lost', 'reply hangs', 'twice'];

type Row = VersionedRecord & {
	/** The versions that it had before. */
	readonly ancestors: readonly Version[];
};

/** The records that all machines share: a map that does exactly what the contract of stores says. */
export class ModelRecords {
	readonly #rows = new Map<string, Row>();
	readonly #now: () => number;
	#versions = 0;

	readonly #remembersOwn: boolean;

	/**
	@param now The store's own clock.
	@param remembersOwn Whether a call that comes twice recognises its own write after others have written, too.
	*/
	constructor(now: () => number, remembersOwn = true) {
		this.#now = now;
		this.#remembersOwn = remembersOwn;
	}

	/** How many live records there are. */
	get size(): number {
		return [...this.#rows.keys()].filter(key => this.read(key)).length;
	}

	/** A version of its own for one write, however often that is sent. */
	newVersion(): Version {
		return toVersion(String(++this.#versions));
	}

	create(key: string, record: SessionRecord, version: Version): Version | undefined {
		const row = this.#live(key);
		if (row) return isOwn(row, version) ? version : undefined;
		this.#rows.set(key, {...copy(record), version, ancestors: []});
		return version;
	}

	read(key: string): VersionedRecord | undefined {
		return this.#live(key);
	}

	/** @param expected The version, and the expiry unless any will do. */
	update(
		key: string,
		record: SessionRecord,
		expected: {readonly version: Version; readonly expiresAt?: number | undefined},
		version: Version,
	): UpdateResult {
		const row = this.#live(key);
		if (!row) return 'missing';
		if (isOwn(row, version)) return {version};
		if (row.version !== expected.version || row.expiresAt !== (expected.expiresAt ?? row.expiresAt)) return 'conflict';
		const ancestors = this.#remembersOwn ? [...row.ancestors, row.version] : [];
		this.#rows.set(key, {...copy(record), version, ancestors});
		return {version};
	}

	touch(key: string, expiresAt: number, version: Version): boolean {
		const row = this.#live(key);
		if (row?.version !== version) return false;
		this.#rows.set(key, {...row, expiresAt});
		return true;
	}

	delete(key: string, version?: Version): boolean {
		const row = this.#live(key);
		if (!row || (version !== undefined && row.version !== version)) return false;
		return this.#rows.delete(key);
	}

	bySubject(subject: string): string[] {
		return [...this.#rows.keys()].filter(key => this.#live(key)?.subject === subject);
	}

	#live(key: string): Row | undefined {
		const row = this.#rows.get(key);
		return row && row.expiresAt > this.#now() ? row : undefined;
	}
}

const isOwn = (row: Row, version: Version): boolean => row.version === version || row.ancestors.includes(version);

const copy = ({bytes, expiresAt, subject}: SessionRecord) => ({bytes: Buffer.from(bytes), expiresAt, subject});

/** What a machine's store works with: other ones for each schedule. */
export type StoreWorld = {
	readonly records: ModelRecords;
	readonly scheduler: Scheduler;
	/** Decides what goes wrong with the next call. */
	misfortune(): Fault;

	/** Whether calls and replies travel apart from each other. If not, a reply is there as soon as the store has done its work. */
	readonly isDistant: boolean;
};

/** One machine's way to the store: each call and each reply arrives when its turn comes, if it does. */
export class ModelStore implements Store {
	readonly #world: () => StoreWorld;

	constructor(world: () => StoreWorld) {
		this.#world = world;
	}

	create(key: string, record: SessionRecord): Promise<Version | undefined> {
		const version = this.#world().records.newVersion();
		return this.#call('create', records => records.create(key, record, version));
	}

	read(key: string): Promise<VersionedRecord | undefined> {
		return this.#call('read', records => records.read(key));
	}

	update(key: string, record: SessionRecord, version: Version, knownExpiry?: number): Promise<UpdateResult> {
		const next = this.#world().records.newVersion();
		const expected = {version, expiresAt: knownExpiry};
		return this.#call('update', records => records.update(key, record, expected, next));
	}

	touch(key: string, expiresAt: number, version: Version): Promise<boolean> {
		return this.#call('touch', records => records.touch(key, expiresAt, version));
	}

	delete(key: string, version?: Version): Promise<boolean> {
		return this.#call('delete', records => records.delete(key, version));
	}

	async *bySubject(subject: string): AsyncGenerator<readonly string[], void, undefined> {
		const keys = await this.#call('bySubject', records => records.bySubject(subject));
		for (const key of keys) {
			yield [key];
			await this.#world().scheduler.turn('the next page');
		}
	}

	#call<Answer>(name: string, work: (records: ModelRecords) => Answer): Promise<Answer> {
		const world = this.#world();
		const {records, scheduler, isDistant} = world;
		const {machine} = scheduler;
		const fault = world.misfortune();

		return new Promise((resolve, reject) => {
			const fail = () => scheduler.add(`${name}: the connection breaks`, machine, () => reject(new Error('reset')));
			const reply = (answer: Answer) => {
				if (isDistant) scheduler.add(`${name}: the reply`, machine, () => resolve(answer));
				else resolve(answer);
			};
			const arrive = (then: (answer: Answer) => void) =>
				scheduler.add(`${name}: the call`, machine, () => then(work(records)));

			if (fault === 'call lost') fail();
			else if (fault === 'reply lost') arrive(fail);
			else if (fault === 'reply hangs') arrive(() => undefined);
			else if (fault === 'twice') arrive(() => arrive(reply));
			else if (fault === 'no fault') arrive(reply);
		});
	}
}
