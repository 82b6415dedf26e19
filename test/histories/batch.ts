import {check} from './checker/check.ts';
import type {History, Violation} from './checker/history.ts';
import type {Rig} from './rig.ts';
import {drawScript, type Random, type Script} from './script.ts';

/** A history that breaks a promise. */
export type Finding = {
	readonly script: Script;
	readonly history: History;
	readonly violations: readonly Violation[];

	/** How many histories kept all promises before it. */
	readonly after: number;
};

/** Runs histories, some at the same time. Resolves to one that breaks a promise. */
export const runHistories = async (
	rig: Rig,
	random: Random,
	count: number,
	isOver: () => boolean = () => false,
): Promise<Finding | undefined> => {
	for (let done = 0; done < count && !isOver(); done++) {
		const script = drawScript(random, {servers: rig.servers, browsers: 4, steps: 8, isReal: true});
		const finding = await runOnce(rig, script);
		if (finding) return {...finding, after: done};
	}
	return undefined;
};

/** Runs one script so many times. Orders of real servers are nobody's to choose, so a violation may need several. */
export const runAgain = async (rig: Rig, script: Script, times: number): Promise<Finding | undefined> => {
	for (let done = 0; done < times; done++) {
		const finding = await runOnce(rig, script);
		if (finding) return {...finding, after: done};
	}
	return undefined;
};

const runOnce = async (rig: Rig, script: Script): Promise<Omit<Finding, 'after'> | undefined> => {
	const history = await rig.run(script);
	const violations = check(history);
	return violations.length > 0 ? {script, history, violations} : undefined;
};
