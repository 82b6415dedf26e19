import {SessionError} from '../errors.ts';
import {isObserved, publish} from '../events.ts';
import type {SessionRecord, Store, Version, VersionedRecord} from '../store.ts';
import {reasonOf} from './reason.ts';
import {answers} from './store-answers.ts';

/** Prunes in steps of this many records, so that no step holds up the process for long. */
const pruneStep = 500;

/**
The store as the engine calls it: opened at first use, and every call answers in time or fails with a `SessionError`.
Only `prune()` has all the time it needs.

A call that ran out of time goes on in the store; what it did is unknown, and its result is ignored.
*/
export class GuardedStore {
	readonly #source: Store | (() => Promise<Store>);
	readonly #timeout: number;
	readonly #nameOf: (key: string) => string;
	#store: Store | undefined;
	#opening: Promise<Store> | undefined;

	/**
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

	read(key: string): Promise<VersionedRecord | undefined> {
		return this.#call('read', key, store => store.read(key));
	}

	update(key: string, record: SessionRecord, version: Version): Promise<Version | 'conflict' | 'missing'> {
		return this.#call('update', key, store => store.update(key, record, version));
	}

	touch(key: string, expiresAt: number, version: Version): Promise<boolean> {
		return this.#call('touch', key, store => store.touch(key, expiresAt, version));
	}

	delete(key: string): Promise<void> {
		return this.#call('delete', key, store => store.delete(key));
	}

	/** Whether a call, or `open()`, has opened it. Only then its limits are known. */
	get isOpen(): boolean {
		return this.#store !== undefined;
	}

	open(): Promise<unknown> {
		return this.#call('open', '', async store => store);
	}

	/** The most bytes of a record; `undefined` for a store without such a limit. */
	get maxBytes(): number | undefined {
		return this.#store?.maxBytes;
	}

	/** Deletes all expired records, step by step; resolves how many. None where the store does so by itself. */
	async prune(): Promise<number> {
		try {
			const store = await this.#open();
			if (!store.prune) return 0;

			let total = 0;
			let step: number;
			do {
				step = await store.prune(pruneStep);
				total += step;
			} while (step >= pruneStep);

			return total;
		} catch (error) {
			throw this.#report('prune', '', error);
		}
	}

	/** Walks the keys of a subject's sessions. */
	async *bySubject(subject: string): AsyncGenerator<string, void, undefined> {
		const store = await this.#open();
		const keys = store.bySubject?.(subject)[Symbol.asyncIterator]();
		if (!keys)
			throw new SessionError('ERR_SESSION_UNSUPPORTED', 'This store keeps no index of subjects. Use one that does');

		try {
			for (;;) {
				const {done, value} = await this.#call('bySubject', '', () => keys.next());
				if (done) return;
				yield value;
			}
		} finally {
			// Not waited for: behind a step that hangs it would hang too.
			keys.return?.().catch(() => undefined);
		}
	}

	/** Closes the store, if it was ever open. It closes only what it opened itself. */
	async close(): Promise<void> {
		const store = this.#store ?? (await this.#opening?.catch(() => undefined));
		await store?.close?.();
	}

	#call<Result>(operation: string, key: string, work: (store: Store) => Promise<Result>): Promise<Result> {
		if (!isObserved('store-call')) return this.#callInTime(operation, key, work);

		const startedAt = performance.now();
		return this.#callInTime(operation, key, work).finally(() => {
			const duration = performance.now() - startedAt;
			publish('store-call', () => ({session: this.#nameOf(key), operation, duration}));
		});
	}

	/** By hand instead of `Promise.race`, which costs as much as the rest of a request in memory. */
	#callInTime<Result>(operation: string, key: string, work: (store: Store) => Promise<Result>): Promise<Result> {
		return new Promise((resolve, reject) => {
			let isOver = false;
			const fail = (error: unknown): void => {
				if (isOver) return;
				isOver = true;
				clearTimeout(timer);
				reject(this.#report(operation, key, error));
			};
			const timer = setTimeout(() => fail(timedOut(operation, this.#timeout)), this.#timeout).unref();
			const succeed = (result: Result): void => {
				clearTimeout(timer);
				if (isAnswer(operation, result)) resolve(result);
				else fail(foreign(operation));
			};

			try {
				const answer = this.#store ? work(this.#store) : this.#open().then(work);
				answer.then(succeed, fail);
			} catch (error) {
				fail(error);
			}
		});
	}

	/** Tells whoever listens; gives the error for whoever called. */
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

/** A store that was written without types may answer anything, as `null` for a conflict. */
const isAnswer = (operation: string, answer: unknown): boolean => answers.get(operation)?.(answer) ?? true;

const foreign = (operation: string) =>
	new TypeError(
		`Expected \`${operation}\` to resolve as the contract says. Check the store by \`koa-server-session/testing\``,
	);

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
