import {unexpected} from '../options/checks.ts';
import type {Keep} from '../session.ts';

const longestSubject = 255;

/**
Checks whose session it is to be. Of one with half a surrogate pair, most stores would make another.

@throws TypeError Unless it is a text of 1 to 255 characters, as OpenID Connect has it for `sub`, or `undefined`.
*/
export const checkSubject = (subject: unknown): void => {
	const isText = typeof subject === 'string' && subject.isWellFormed();
	if (subject === undefined || (isText && subject.length > 0 && subject.length <= longestSubject)) return;
	throw new TypeError(
		`Expected the \`subject\` of a session to be a well-formed text of 1 to ${longestSubject} characters, or \`undefined\` to unset it`,
	);
};

/** @throws TypeError Unless it says which data to keep. */
export const checkKeep = (keep: Keep | undefined): void => {
	if (keep === undefined || typeof keep === 'boolean' || Array.isArray(keep)) return;
	throw unexpected('keep', '`true`, `false` or a list of names', keep);
};

/** @throws TypeError Unless it can name a kind of messages. */
export const checkKind = (kind: unknown): void => {
	if (typeof kind !== 'string') throw unexpected('kind', "a text such as `'info'`", kind);
};
