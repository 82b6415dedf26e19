/**
Completes the message about an unknown name: suggests the nearest known one, or lists all if none is near.

@param within What the names belong to, such as `cookie.`. It is shown but not compared.
*/
export const suggestion = (given: string, known: readonly string[], within = ''): string => {
	const ranked = known
		.map(name => ({name, distance: editDistance(given.toLowerCase(), name.toLowerCase())}))
		.sort((left, right) => left.distance - right.distance);
	const [nearest] = ranked;
	const isNear = nearest && nearest.distance <= Math.max(2, nearest.name.length / 3);
	const quote = (name: string) => `\`${within}${name}\``;
	return isNear ? `Did you mean ${quote(nearest.name)}?` : `Known names: ${known.map(quote).join(', ')}.`;
};

/** The Levenshtein distance, row by row. */
const editDistance = (left: string, right: string): number => {
	let row = Array.from({length: right.length + 1}, (_, index) => index);
	for (const [above, character] of [...left].entries()) {
		const next = [above + 1];
		for (let index = 0; index < right.length; index++) {
			const replaced = (row[index] ?? 0) + (right[index] === character ? 0 : 1);
			next.push(Math.min(replaced, (row[index + 1] ?? 0) + 1, (next[index] ?? 0) + 1));
		}

		row = next;
	}

	return row.at(-1) ?? 0;
};
