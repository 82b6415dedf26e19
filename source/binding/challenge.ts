import type {Seal} from './seal.ts';

/** How far the clocks of two processes may be apart, in milliseconds. */
export const clockSkew = 60_000;

/** How long a challenge may be answered, in milliseconds. A browser answers one to register when its page is loaded. */
const lives = {register: 300_000, refresh: 120_000} as const;

/**
Makes a challenge, which is stored nowhere: its signature shows that it is ours, for what, and from when.

So it can be answered more than once, within its minutes. That helps only somebody who can read the browser's answer to
it, and who then also reads the cookie that this answer brings.

@param what What the answer is for: the handle of a session to register, or the id of a binding to refresh.
*/
export const makeChallenge = (seal: Seal, use: keyof typeof lives, what: string): string => {
	const madeAt = Date.now();
	return `${what}.${madeAt.toString(36)}.${seal.sign(use, what, madeAt)}`;
};

/** What a challenge is for. `undefined` if we didn't make it for this use, or if it is too old. */
export const readChallenge = (seal: Seal, use: keyof typeof lives, challenge: string): string | undefined => {
	const [, what = '', time = '', signature = ''] = /^([\w-]{43})\.([\da-z]{1,11})\.([\w-]+)$/.exec(challenge) ?? [];
	const madeAt = Number.parseInt(time, 36);
	const age = Date.now() - madeAt;
	if (!(age >= -clockSkew && age <= lives[use] + clockSkew)) return undefined;
	return seal.verify(signature, use, what, madeAt) ? what : undefined;
};
