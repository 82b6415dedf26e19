import {type Entry, type History, isBefore, type Violation} from './history.ts';
import {isThere, type Lineage} from './lineage.ts';

/** The value that a request gives to a field; `null` for none. `undefined`: it doesn't write that field. */
const valueWritten = ({act, number}: Entry, field: string): number | null | undefined => {
	if ((act.do === 'write' || act.do === 'write all') && act.field === field) return number;
	return act.do === 'unset' && act.field === field ? null : undefined;
};

/**
Nothing acknowledged is lost, and nothing that was replaced comes back.

A later request finds the value of a write, or one that was written at the same time or later. A write while the session
moves or ends may be dropped: it was meant for the old id.
*/
export const findLost = (lineage: Lineage, {limits}: History): Violation[] => {
	const violations: Violation[] = [];
	const {users, changers} = lineage;
	for (const write of changers) {
		const {act} = write;
		if (act.do === 'write all' ? !isThere(lineage, write, limits) : !users.includes(write)) continue;
		if (act.do !== 'write' && act.do !== 'unset' && act.do !== 'write all') continue;
		if (!write.isAcknowledged || lineage.isDisturbed(write)) continue;

		const {field} = act;
		// A request may write without finding the session, such as one whose answer never came.
		const isNewEnough = (other: Entry) => valueWritten(other, field) !== undefined && !isBefore(other, write);
		for (const reader of users) {
			if (reader.saw?.session !== lineage.session || !isBefore(write, reader)) continue;

			const found = reader.saw.fields[field] ?? null;
			if (changers.some(other => isNewEnough(other) && valueWritten(other, field) === found)) continue;
			violations.push({
				promise: 'nothing acknowledged is lost',
				what: `request ${reader.number} finds ${found} in \`${field}\` after ${write.number} wrote ${valueWritten(write, field)}`,
				requests: [write.number, reader.number],
			});
		}
	}

	return violations;
};
