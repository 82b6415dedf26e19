import type {Act} from './checker/history.ts';
import type {Script, Step} from './script.ts';

const step = (act: Act, server: number): Step => ({browser: 0, server, act, way: 'plain'});

const base = {servers: 2, skews: [], isInOrder: false};

/** Scripts whose histories broke a promise once, by the violation. */
export const found: Readonly<Record<string, Script>> = {
	'a write that a client library sends again after a lost reply took effect twice': {
		...base,
		faultRate: 0.2,
		phases: [
			{wait: 0, steps: [step({do: 'write', field: 'a'}, 0)]},
			...Array.from({length: 3}, () => ({
				wait: 0,
				steps: [0, 1, 0, 1].map(server => step({do: 'increment'}, server)),
			})),
		],
	},
	'a logout that met a tombstone left the session alive under its new id': {
		...base,
		faultRate: 0,
		phases: [
			{wait: 0, steps: [step({do: 'log in', user: 'ada'}, 0)]},
			{wait: 0, steps: [step({do: 'log in', user: 'ada'}, 0), step({do: 'log out'}, 1)]},
		],
	},
};
