import {type Entry, isBefore, type Violation} from './history.ts';
import type {Lineage} from './lineage.ts';

const isTake = ({act}: Entry): boolean => act.do === 'take' || act.do === 'take exactly';

/** A message is shown, and not again once somebody has seen it. Inside of `update()`, it is shown exactly once. */
export const findMessages = (lineage: Lineage): Violation[] =>
	lineage.users.filter(({act}) => act.do === 'flash').flatMap(flash => findMessage(lineage, flash));

const findMessage = (lineage: Lineage, flash: Entry): Violation[] => {
	const {number} = flash;
	const takes = lineage.users.filter(isTake);
	const shown = takes.filter(take => take.isAcknowledged && take.took?.includes(number));
	const violations = shown.flatMap((first): Violation[] => {
		// A plain take while the session moves or ends may be dropped, as any other change.
		if (first.act.do === 'take' && lineage.isDisturbed(first)) return [];
		const again = shown.find(
			second =>
				first !== second &&
				(isBefore(first, second) ||
					(first.act.do === 'take exactly' && second.act.do === 'take exactly' && first.number < second.number)),
		);
		if (!again) return [];
		const what = `requests ${first.number} and ${again.number} show the message of ${number}`;
		return [{promise: 'a message is shown once', what, requests: [number, first.number, again.number]}];
	});
	if (shown.length > 0 || !flash.isAcknowledged || lineage.isDisturbed(flash)) return violations;

	// Somebody may have taken it without an answer.
	const last = takes.find(
		take => take.saw?.session === lineage.session && isBefore(flash, take) && take.isAcknowledged,
	);
	const isPerhapsTaken = lineage.visitors.some(entry => isTake(entry) && !entry.isAcknowledged);
	if (!last || isPerhapsTaken) return violations;
	const what = `request ${last.number} doesn't show the message of ${number}`;
	return [...violations, {promise: 'nothing acknowledged is lost', what, requests: [number, last.number]}];
};
