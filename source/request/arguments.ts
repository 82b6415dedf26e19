import {checkObject, describe, unexpected} from '../options/checks.ts';
import type {SessionName} from '../records/session-name.ts';
import type {Keep} from '../session.ts';

const longestSubject = 255;

const subjectForm = `a well-formed string of 1 to ${longestSubject} characters`;

/** Databases use numbers and objects as keys, such as an `ObjectId`. Which string to use is for the application to say. */
const remedyFor = (subject: unknown): string =>
	['number', 'bigint', 'object'].includes(typeof subject) && subject !== null
		? '. Use `String(…)` of what identifies the user'
		: '';

/**
Checks a session's subject. Most stores would change one that has half a surrogate pair.

@throws TypeError If it is neither `undefined` nor a string of 1 to 255 characters, the limit of OpenID Connect's `sub`.
*/
export const checkSubject = (subject: unknown): void => {
	if (subject === undefined || isSubject(subject)) return;
	throw new TypeError(
		`Expected the \`subject\` of a session to be ${subjectForm}, or \`undefined\` to unset it${remedyFor(subject)}`,
	);
};

/** Whether a session could have this subject. */
export const isSubject = (subject: unknown): subject is string =>
	typeof subject === 'string' && subject.length > 0 && subject.length <= longestSubject && subject.isWellFormed();

/**
Checks whose sessions are meant. A visitor who isn't logged in has no subject, and must not act on everybody without one.

@throws TypeError If no session could have this subject.
*/
export const checkWhose = (subject: unknown): string => {
	if (isSubject(subject)) return subject;
	throw unexpected('subject', subjectForm, subject, `${describe(subject)}${remedyFor(subject)}`);
};

/** @throws TypeError If it doesn't name a session by either its id or its handle. */
export const checkName = (name: unknown): SessionName => {
	const expected = 'an object with either `id` or `handle`, a string';
	checkObject('session', name, expected);
	const {id, handle} = name as {id?: unknown; handle?: unknown};
	if (typeof id === 'string' && handle === undefined) return {id};
	if (typeof handle === 'string' && id === undefined) return {handle};
	throw unexpected('session', expected, name);
};

/** @throws TypeError If it is neither a string nor `undefined`. */
export const checkOptionalText = (name: string, value: unknown): string | undefined => {
	if (value === undefined || typeof value === 'string') return value;
	throw unexpected(name, 'a string', value);
};

/** @throws TypeError If it doesn't say which data to keep. */
export const checkKeep = (keep: Keep | undefined): void => {
	const isList = Array.isArray(keep) && keep.every(name => typeof name === 'string');
	if (keep === undefined || typeof keep === 'boolean' || isList) return;
	throw unexpected('keep', '`true`, `false` or a list of names', keep);
};

/** @throws TypeError If it can't name a kind of messages. */
export const checkKind = (kind: unknown): void => {
	if (typeof kind !== 'string') throw unexpected('kind', "a string such as `'info'`", kind);
};
