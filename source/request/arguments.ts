import {unexpected} from '../options/checks.ts';
import type {Keep} from '../session.ts';

const longestSubject = 255;

/**
Checks a session's subject. Most stores would change one that has half a surrogate pair.

@throws TypeError If it is neither `undefined` nor a text of 1 to 255 characters, the limit of OpenID Connect's `sub`.
*/
export const checkSubject = (subject: unknown): void => {
	const isText = typeof subject === 'string' && subject.isWellFormed();
	if (subject === undefined || (isText && subject.length > 0 && subject.length <= longestSubject)) return;
	throw new TypeError(
		`Expected the \`subject\` of a session to be a well-formed text of 1 to ${longestSubject} characters, or \`undefined\` to unset it`,
	);
};

/** @throws TypeError If it doesn't say which data to keep. */
export const checkKeep = (keep: Keep | undefined): void => {
	if (keep === undefined || typeof keep === 'boolean' || Array.isArray(keep)) return;
	throw unexpected('keep', '`true`, `false` or a list of names', keep);
};

/** @throws TypeError If it can't name a kind of messages. */
export const checkKind = (kind: unknown): void => {
	if (typeof kind !== 'string') throw unexpected('kind', "a text such as `'info'`", kind);
};
