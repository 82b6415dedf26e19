/** Secret texts from which keys are made, newest first. The newest writes; the others still read. */
export type Secrets = readonly string[];

/** The fewest characters of a secret that can't be guessed by trying. */
export const shortest = 32;

/**
Remembers what was made from the last list, while its members stay the same.

So a list can change on a live server, in place or as a new list, and each use still costs almost nothing.
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
