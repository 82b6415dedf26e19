import {type Entry, isBefore, type Violation} from './history.ts';
import type {Lineage} from './lineage.ts';

const promise = '`update()` is exact';

/** Each acknowledged `update()` counts once, and one of unknown outcome at most once. */
export const findMiscounts = (lineage: Lineage): Violation[] => {
	const increments = lineage.visitors.filter(({act}) => act.do === 'increment' || act.do === 'increment outside');
	if (increments.length === 0) return [];

	const done = lineage.users.filter(({isAcknowledged, made}) => isAcknowledged && made !== undefined);
	return [...findRepeats(done), ...lineage.users.flatMap(reader => findWrongCount(lineage, reader, increments, done))];
};

const findRepeats = (done: readonly Entry[]): Violation[] =>
	done.flatMap((first, index) =>
		done.slice(index + 1).flatMap((second): Violation[] => {
			const [made, other] = [first.made ?? 0, second.made ?? 0];
			if (made !== other && !(isBefore(first, second) && other < made) && !(isBefore(second, first) && made < other))
				return [];
			const what = `request ${first.number} counts ${made}, and ${second.number} counts ${other}`;
			return [{promise, what, requests: [first.number, second.number]}];
		}),
	);

const findWrongCount = (
	{session}: Lineage,
	reader: Entry,
	increments: readonly Entry[],
	done: readonly Entry[],
): Violation[] => {
	if (reader.saw?.session !== session) return [];

	const {count} = reader.saw;
	const least = done.filter(increment => increment !== reader && isBefore(increment, reader)).length;
	const most = increments.filter(increment => increment !== reader && !isBefore(reader, increment)).length;
	if (count >= least && count <= most) return [];

	const what = `request ${reader.number} finds a count of ${count}, expected ${least} to ${most}`;
	return [{promise, what, requests: [reader.number]}];
};
