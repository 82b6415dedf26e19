/** What is measured, by name, each against the others. */
export type Contestants<Figures> = Readonly<Record<string, () => Promise<Figures>>>;

/** The figures of each contestant; those of one place belong to the same round. */
export type Rounds<Figures> = Readonly<Record<string, readonly Figures[]>>;

/**
Measures contestants in turns, so that a noisy moment meets all of them.

The first round warms up and doesn't count. Each round begins with another contestant, since the place may matter.
*/
export const takeTurns = async <Figures>(
	contestants: Contestants<Figures>,
	rounds: number,
	tell: (round: number) => void = () => undefined,
): Promise<Rounds<Figures>> => {
	const names = Object.keys(contestants);
	const figures: Record<string, Figures[]> = Object.fromEntries(names.map(name => [name, []]));
	for (let round = 0; round <= rounds; round++) {
		tell(round);
		const first = round % names.length;
		for (const name of [...names.slice(first), ...names.slice(0, first)]) {
			const measured = await contestants[name]?.();
			if (round > 0 && measured !== undefined) figures[name]?.push(measured);
		}
	}

	return figures;
};
