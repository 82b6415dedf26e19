/** What keys are made of: texts that nobody else knows, newest first. The newest writes, the others still read. */
export type Secrets = readonly string[];

/** The fewest characters that nobody can guess by trying. */
export const shortest = 32;

/**
Remembers what was made of the last list, for as long as its members are the same.

So a list can change on a live server, in place or by another list, and still costs next to nothing at each use.
*/
export const perList = <Made>(make: (secrets: Secrets) => Made): ((secrets: Secrets) => Made) => {
	let last: {readonly secrets: Secrets; readonly made: Made} | undefined;

	return secrets => {
		if (!last || !isSame(secrets, last.secrets)) last = {secrets: [...secrets], made: make(secrets)};
		return last.made;
	};
};

const isSame = (left: Secrets, right: Secrets): boolean =>
	left.length === right.length && left.every((secret, index) => secret === right[index]);
