import {isUint8Array} from 'node:util/types';
import {SessionError} from '../errors.ts';
import {describe} from '../options/checks.ts';
import type {Store, VersionedRecord} from '../store.ts';

/** What is asked of a store: a method, or to be opened. */
export type Operation = Exclude<keyof Store, 'maxBytes'> | 'open';

/** What a method resolves with, in words and as a check. */
type Expectation = {readonly what: string; readonly fits: (answer: unknown) => boolean};

const isVersion = (value: unknown): boolean => typeof value === 'string';

const isRecord = ({bytes, expiresAt, version, subject}: Partial<VersionedRecord>): boolean =>
	isUint8Array(bytes) &&
	typeof expiresAt === 'number' &&
	isVersion(version) &&
	(subject === undefined || typeof subject === 'string');

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

const aBoolean: Expectation = {what: '`true` or `false`', fits: answer => typeof answer === 'boolean'};

const expectations: Readonly<Partial<Record<Operation, Expectation>>> = {
	create: {
		what: 'a version, or with `undefined` if the key is taken',
		fits: answer => answer === undefined || isVersion(answer),
	},
	read: {
		what: 'a record of `bytes`, `expiresAt`, `version` and `subject`, or with `undefined` if there is none',
		fits: answer => answer === undefined || (isObject(answer) && isRecord(answer)),
	},
	update: {
		what: "`{version}`, or with `'conflict'` or `'missing'`",
		fits: answer =>
			answer === 'conflict' ||
			answer === 'missing' ||
			(isObject(answer) && 'version' in answer && isVersion(answer.version)),
	},
	touch: aBoolean,
	delete: aBoolean,
	prune: {
		what: 'how many records it deleted',
		fits: answer => Number.isSafeInteger(answer) && Number(answer) >= 0,
	},
};

/**
Checks what a method returned, before it is waited for.

An answer without a promise could be believed too, but `undefined` may be an answer that somebody forgot to return.

@throws SessionError `ERR_SESSION_STORE` If it is no promise.
*/
export const checkPromise = <Answer>(operation: Operation, returned: Promise<Answer>): Promise<Answer> => {
	if (isObject(returned) && typeof returned.then === 'function') return returned;
	throw unexpected(operation, 'return a promise', returned);
};

/** @throws SessionError `ERR_SESSION_STORE` If a method resolved with something else than its contract says. */
export const checkAnswer = <Answer>(operation: Operation, answer: Answer): Answer => {
	const expectation = expectations[operation];
	if (!expectation || expectation.fits(answer)) return answer;
	throw unexpected(operation, `resolve with ${expectation.what}`, answer);
};

/** @throws SessionError `ERR_SESSION_STORE` If a method returned nothing that can be walked. */
export const checkWalk = (operation: Operation, returned: AsyncIterable<unknown>): AsyncIterator<unknown> => {
	if (isObject(returned) && typeof returned[Symbol.asyncIterator] === 'function')
		return returned[Symbol.asyncIterator]();
	throw unexpected(operation, 'return an async iterable, as an `async *` method does', returned);
};

/**
@returns `undefined` at the end of the walk.
@throws SessionError `ERR_SESSION_STORE` If a step of a walk gave something else than a list of keys.
*/
export const checkPage = (
	operation: Operation,
	{done, value}: IteratorResult<unknown>,
): readonly string[] | undefined => {
	if (done) return undefined;
	if (Array.isArray(value) && value.every(key => typeof key === 'string')) return value;
	throw unexpected(operation, 'give lists of keys', value);
};

/** Names the kind of what came and never shows it: it may be a key or data. */
const unexpected = (operation: Operation, what: string, got: unknown): SessionError =>
	new SessionError(
		'ERR_SESSION_STORE',
		`Expected \`${operation}()\` of the store to ${what}, got ${kindOf(got)}. Check the store with \`koa-server-session/testing\``,
	);

const kindOf = (value: unknown): string => (typeof value === 'number' ? 'a number' : describe(value));
