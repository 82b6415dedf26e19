import {SessionError} from '../errors.ts';
import {publish} from '../events.ts';
import {unexpected} from '../options/checks.ts';
import type {ReadOptions, SessionRecord, Store, UpdateResult, Version, VersionedRecord} from '../store.ts';
import {reasonOf} from './reason.ts';
import {Slice} from './slice.ts';
import {checkAnswer, checkPage, checkPromise, checkWalk, type Operation} from './store-answers.ts';
import {areCallsObserved, observeCall} from './store-calls.ts';

/** Prunes in steps of this many records, so that no step holds up the process for long. */
const pruneStep = 500;

/**
The store, opened at first use. Every call answers in time and as the contract says, or fails with a `SessionError`. But
`prune()` and `close()` have no time limit, and an error of `close()` is thrown as it is.

A call that ran out of time goes on in the store. What it did is unknown, and its result is ignored.
*/
export class GuardedStore {
	readonly #source: Store | (() => Promise<Store>);
	readonly #timeout: number;
	readonly #nameOf: (key: string) => string;
	#store: Store | undefined;
	#opening: Promise<Store> | undefined;

	/**
	@param source The application's store, or a function that opens one.
	@param timeout How long a call may take, in milliseconds.
	@param nameOf Shortens a key for events.
	*/
	constructor(source: Store | (() => Promise<Store>), timeout: number, nameOf: (key: string) => string) {
		this.#source = source;
		this.#timeout = timeout;
		this.#nameOf = nameOf;
		if (typeof source !== 'function') this.#store = source;
	}

	create(key: string, record: SessionRecord): Promise<Version | undefined> {
		return this.#call('create', key, store => store.create(key, record));
	}

	read(key: string, options?: ReadOptions): Promise<VersionedRecord | undefined> {
		return this.#call('read', key, store => store.read(key, options));
	}

	update(key: string, record: SessionRecord, version: Version, knownExpiry?: number): Promise<UpdateResult> {
		return this.#call('update', key, store => store.update(key, record, version, knownExpiry));
	}

	touch(key: string, expiresAt: number, version: Version): Promise<boolean> {
		return this.#call('touch', key, store => store.touch(key, expiresAt, version));
	}

	delete(key: string, version?: Version): Promise<boolean> {
		return this.#call('delete', key, store => store.delete(key, version));
	}

	/** Whether a call or `open()` has opened it. Only then its limits are known. */
	get isOpen(): boolean {
		return this.#store !== undefined;
	}

	async open(): Promise<void> {
		await this.#call('open', '', async () => {});
	}

	/** The most bytes of a record; `undefined` for a store without such a limit. */
	get maxBytes(): number | undefined {
		return this.#store?.maxBytes;
	}

	/** Deletes all expired records, step by step; resolves with how many. None where the store does so automatically. */
	async prune(): Promise<number> {
		try {
			const store = await this.#open();
			if (!store.prune) return 0;

			let total = 0;
			let step: number;
			do {
				step = checkAnswer('prune', await checkPromise('prune', store.prune(pruneStep)));
				total += step;
				if (step > 0) publish('expired', () => ({count: step}));
			} while (step >= pruneStep);

			return total;
		} catch (error) {
			throw this.#report('prune', '', error);
		}
	}

	/** Walks the keys of a subject's sessions. */
	bySubject(subject: string): AsyncGenerator<string, void, undefined> {
		return this.#walk('bySubject', 'subject', subject, 'This store keeps no index of subjects. Use one that does');
	}

	/** Walks the keys that begin with a prefix. */
	keys(prefix: string): AsyncGenerator<string, void, undefined> {
		return this.#walk('keys', 'prefix', prefix, cannotList);
	}

	/** Closes the store if it was opened here. The application may use its own store for something else too. */
	async close(): Promise<void> {
		if (typeof this.#source !== 'function') return;
		const store = this.#store ?? (await this.#opening?.catch(() => undefined));
		await store?.close?.();
	}

	/** Each page has the whole time limit, so that a walk may take as long as it needs. */
	async *#walk(
		method: 'bySubject' | 'keys',
		name: string,
		value: string,
		unsupported: string,
	): AsyncGenerator<string, void, undefined> {
		// In JavaScript, a missing subject must not be taken for one with the name `undefined`.
		if (typeof value !== 'string') throw unexpected(name, 'a string', value);

		const {[method]: walk} = await this.#call('open', '', async store => store);
		if (!walk) throw new SessionError('ERR_SESSION_UNSUPPORTED', unsupported);

		const slice = new Slice();
		let pages: AsyncIterator<unknown> | undefined;
		try {
			for (;;) {
				const page = await this.#call(method, '', async store => {
					pages ??= checkWalk(method, walk.call(store, value));
					return checkPage(method, await pages.next());
				});
				if (!page) return;
				for (const key of page) {
					yield key;
					await slice.giveWay();
				}
				await slice.giveWay();
			}
		} finally {
			// Not waited for: after a step that hangs, it would hang too.
			Promise.resolve(pages?.return?.()).catch(() => undefined);
		}
	}

	#call<Result>(operation: Operation, key: string, work: (store: Store) => Promise<Result>): Promise<Result> {
		if (!areCallsObserved()) return this.#callInTime(operation, key, work);
		return observeCall(operation, this.#nameOf(key), () => this.#callInTime(operation, key, work));
	}

	/** By hand instead of `Promise.race`, which costs as much as the rest of a request in memory. */
	#callInTime<Result>(operation: Operation, key: string, work: (store: Store) => Promise<Result>): Promise<Result> {
		return new Promise((resolve, reject) => {
			let isOver = false;
			const fail = (error: unknown): void => {
				if (isOver) return;
				isOver = true;
				clearTimeout(timer);
				reject(this.#report(operation, key, error));
			};
			// One turn later: in a process that was busy, the answer may have come in the meantime.
			const giveUp = () => setImmediate(() => fail(timedOut(operation, this.#timeout)));
			const timer = setTimeout(giveUp, this.#timeout).unref();
			const succeed = (result: Result): void => {
				try {
					resolve(checkAnswer(operation, result));
					isOver = true;
					clearTimeout(timer);
				} catch (error) {
					fail(error);
				}
			};
			const ask = (store: Store): Promise<Result> => checkPromise(operation, work(store));

			try {
				const answer = this.#store ? ask(this.#store) : this.#open().then(ask);
				answer.then(succeed, fail);
			} catch (error) {
				fail(error);
			}
		});
	}

	/** Publishes a fault and returns the error to throw. */
	#report(operation: string, key: string, error: unknown): SessionError {
		publish('store-error', () => ({session: this.#nameOf(key), operation, error}));
		return error instanceof SessionError ? error : failed(operation, error);
	}

	/** Opens once; after a failure, the next call tries again. */
	async #open(): Promise<Store> {
		if (typeof this.#source !== 'function') return this.#source;

		this.#opening ??= this.#source().catch(error => {
			this.#opening = undefined;
			throw error;
		});
		this.#store = await this.#opening;
		return this.#store;
	}
}

const cannotList =
	"This store can't list what it has. Use one that can. To end all its sessions, replace the signing keys: no old token is valid then";

const timedOut = (operation: string, timeout: number) =>
	new SessionError(
		'ERR_SESSION_STORE_TIMEOUT',
		`The session store didn't answer \`${operation}\` within ${timeout} ms. Check the store, or raise \`storeTimeout\``,
		{cause: new DOMException('The store call timed out', 'TimeoutError')},
	);

const failed = (operation: string, cause: unknown) => {
	const reason = reasonOf(cause);
	const message = `The session store failed in \`${operation}\`${reason === undefined ? '' : `: ${reason}`}. See \`cause\``;
	return new SessionError('ERR_SESSION_STORE', message, {cause});
};
