import type {Phase, Script} from './script.ts';

/**
Finds the smallest script that still breaks a promise: fewer requests, no faults, clocks that agree, plain ways.

@param isBroken Runs a script as often as it takes to be fairly sure.
*/
export const shrink = async (script: Script, isBroken: (script: Script) => Promise<boolean>): Promise<Script> => {
	let smallest = script;
	for (let isSmaller = true; isSmaller; ) {
		isSmaller = false;
		for (const candidate of smallerOnes(smallest)) {
			if (!(await isBroken(candidate))) continue;
			smallest = candidate;
			isSmaller = true;
			break;
		}
	}
	return smallest;
};

/** Scripts with one thing less, those that leave out most first. */
function* smallerOnes(script: Script): Generator<Script> {
	const {phases, faultRate, skews, servers, isInOrder} = script;
	for (const phase of phases) if (phases.length > 1) yield {...script, phases: phases.filter(other => other !== phase)};
	if (faultRate > 0) yield {...script, faultRate: 0};
	if (servers > 1) yield {...oneServer(script)};
	if (skews.some(skew => skew !== 0)) yield {...script, skews: skews.map(() => 0)};
	if (!isInOrder) yield {...script, isInOrder: true};

	for (const [index, phase] of phases.entries()) {
		for (const smaller of smallerPhases(phase)) yield {...script, phases: phases.with(index, smaller)};
	}
}

function* smallerPhases(phase: Phase): Generator<Phase> {
	const {steps, wait, rotates} = phase;
	for (const step of steps) if (steps.length > 1) yield {...phase, steps: steps.filter(other => other !== step)};
	if (wait > 0) yield {...phase, wait: 0};
	if (rotates) yield {...phase, rotates: false};
	for (const [index, step] of steps.entries()) {
		if (step.way !== 'plain') yield {...phase, steps: steps.with(index, {...step, way: 'plain'})};
		if (step.browser !== 0) yield {...phase, steps: steps.with(index, {...step, browser: 0})};
	}
}

const oneServer = ({phases, skews, ...script}: Script): Script => ({
	...script,
	servers: 1,
	skews: [skews[0] ?? 0, skews.at(-1) ?? 0],
	phases: phases.map(phase => ({...phase, steps: phase.steps.map(step => ({...step, server: 0}))})),
});
