import test from 'ava';
import {type Facts, type Outcome, outcome} from '../../source/request/outcome.ts';

/** What to do, by standing and change; each for a client that can and can't be told, with and without a due touch. */
const table: Readonly<
	Record<Facts['standing'], Record<Facts['change'], readonly [Outcome, Outcome, Outcome, Outcome]>>
> = {
	//       told              told, touch due   not told         not told, touch due
	stored: {
		none: ['nothing', 'touch', 'nothing', 'touch'],
		some: ['update', 'update', 'update', 'update'],
		emptied: ['delete', 'delete', 'delete', 'delete'],
	},
	new: {
		none: ['nothing', 'nothing', 'nothing', 'nothing'],
		some: ['create', 'create', 'drop', 'drop'],
		emptied: ['nothing', 'nothing', 'nothing', 'nothing'],
	},
	closed: {
		none: ['nothing', 'nothing', 'nothing', 'nothing'],
		some: ['drop', 'drop', 'drop', 'drop'],
		emptied: ['drop', 'drop', 'drop', 'drop'],
	},
};

for (const [standing, changes] of Object.entries(table) as [Facts['standing'], (typeof table)['new']][]) {
	test(`what becomes of a session that is ${standing}, in each case`, t => {
		for (const [change, expected] of Object.entries(changes) as [Facts['change'], readonly Outcome[]][]) {
			const actual = [true, false].flatMap(isDeliverable =>
				[false, true].map(isTouchDue => outcome({standing, change, isDeliverable, isTouchDue})),
			);
			t.deepEqual(actual, expected, change);
		}
	});
}
