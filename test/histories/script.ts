import type {Act, Way} from './checker/history.ts';

/** A request that a script lets a browser send to a server. */
export type Step = {readonly browser: number; readonly server: number; readonly act: Act; readonly way: Way};

/** Requests that are under way at the same time, after a pause of so many milliseconds. */
export type Phase = {
	readonly wait: number;

	/** Whether signing keys change before it. */
	readonly rotates?: boolean;
	readonly steps: readonly Step[];
};

/** What happens in a history, as far as it isn't left to chance. Each phase begins when the one before is over. */
export type Script = {
	readonly servers: number;

	/** By how much each server's clock is wrong, and last that of the store, in milliseconds. */
	readonly skews: readonly number[];

	/** Whether answers arrive in the order in which they leave. */
	readonly isInOrder: boolean;

	/** How likely a fault is at each call of the store and at each answer: 0 for none. */
	readonly faultRate: number;
	readonly phases: readonly Phase[];
};

/** A number from 0 to below 1. */
export type Random = () => number;

const pick = <Item>(random: Random, items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;

const hour = 3_600_000;
const users = ['ada', 'bob'];
const fields = ['a', 'b', 'nested c', 'nested d'];

/** Ways that any act may go; the others are for changes, which a request makes of a session that is there. */
const ways: readonly Way[] = ['plain', 'replaces', 'refuses', 'throws', 'saves', 'polls', 'gone'];
const waysOfChanges: readonly Way[] = [
	...ways,
	'early',
	'early',
	'early',
	'early',
	'lasts',
	'lasts',
	'goes on',
	'goes on',
];
const changes = new Set<Act['do']>(['read', 'write', 'unset', 'increment', 'flash']);

/** @param keepsFew Whether each login leaves two sessions of its user. */
const drawAct = (random: Random, keepsFew: boolean): Act => {
	const draw = random();
	if (draw < 0.12) return {do: 'read'};
	if (draw < 0.32) return {do: 'write', field: pick(random, fields)};
	if (draw < 0.36) return {do: 'unset', field: pick(random, fields)};
	if (draw < 0.46) return {do: 'increment'};
	if (draw < 0.5) return {do: 'increment outside'};
	if (draw < 0.56) return {do: 'flash'};
	if (draw < 0.6) return {do: 'take'};
	if (draw < 0.64) return {do: 'take exactly'};
	if (draw < 0.67) return {do: 'write all', user: 'ada', field: pick(random, fields)};
	if (draw < 0.86) {
		const user = random() < 0.9 ? 'ada' : pick(random, users);
		return {do: 'log in', user, ...(keepsFew && {keep: 2})};
	}
	if (draw < 0.92) return {do: 'log out'};
	return {do: random() < 0.5 ? 'revoke' : 'revoke others', user: 'ada'};
};

/** What a generator may use. */
export type Range = {
	readonly servers: number;
	readonly browsers: number;
	readonly steps: number;

	/** Ways that can't be told apart over real connections are left out. */
	readonly isReal?: boolean;
};

/** Draws a script: mostly one or two browsers, a few requests at once, and time that passes. */
export const drawScript = (random: Random, {servers: most, browsers, steps, isReal = false}: Range): Script => {
	const servers = 1 + Math.floor(random() ** 2 * most);
	const crowd = 1 + Math.floor(random() ** 3 * browsers);
	const isSkewed = random() < 0.2;
	const keepsFew = random() < 0.2;
	const isPatient = !isReal && random() < 0.5;
	const isInOrder = isPatient || random() < 0.3;
	const skew = () => (isSkewed ? Math.round((random() - 0.5) * 10) * 60_000 : 0);

	const step = (): Step => {
		const act = drawAct(random, keepsFew);
		const way = random() < 0.5 ? 'plain' : pick(random, changes.has(act.do) ? waysOfChanges : ways);
		return {
			browser: Math.floor(random() * crowd),
			server: Math.floor(random() * servers),
			act,
			way: isReal && ['gone', 'goes on', 'lasts'].includes(way) ? 'plain' : way,
		};
	};
	const phases: Phase[] = [];
	// Something to lose.
	if (random() < 0.8) {
		const first: Act =
			random() < 0.5 ? {do: 'log in', user: 'ada', ...(keepsFew && {keep: 2})} : {do: 'write', field: 'a'};
		phases.push({wait: 0, steps: [{...step(), act: first, way: 'plain'}]});
	}
	for (let left = 1 + Math.floor(random() * steps); left > 0; ) {
		const count = Math.min(left, 1 + Math.floor(random() * 4));
		left -= count;
		phases.push({
			wait: isPatient ? pick(random, [0, hour, 12 * hour, 20 * hour, 20 * hour, 25 * hour]) : 0,
			rotates: isInOrder && random() < 0.05,
			steps: Array.from({length: count}, step),
		});
	}

	const faultRate = random() < 0.4 ? pick(random, isReal ? [0.05, 0.2] : [0.02, 0.1]) : 0;
	return {servers, skews: Array.from({length: servers + 1}, skew), isInOrder, faultRate, phases};
};

/** A script in words, one request a line. */
export const describeScript = ({phases, skews, isInOrder, faultRate}: Script): string => {
	const lines = phases.flatMap(({wait, rotates, steps}) => [
		...(wait > 0 ? [`${wait / hour} hours later`] : []),
		...(rotates ? ['the signing keys change'] : []),
		...steps.map(({browser, server, act, way}, index) => {
			const {do: _, ...parts} = act;
			const details = Object.values(parts).map(part => ` ${part}`);
			return `${index === 0 ? '' : '  and '}browser ${browser} → server ${server}: ${act.do}${details.join('')} (${way})`;
		}),
	]);
	const order = isInOrder ? 'as they leave' : 'in any order';
	return [`answers arrive ${order}, fault rate ${faultRate}, clocks ${skews.join(', ')}`, ...lines].join('\n');
};
