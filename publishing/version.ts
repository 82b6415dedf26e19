import {type Api, type ApiChange, compareApi} from './api.ts';
import type {Released} from './released.ts';

/** The part of a version that goes up. */
export const bumps = ['patch', 'minor', 'major'] as const;
export type Bump = (typeof bumps)[number];

const parts: readonly string[] = ['major', 'minor', 'patch'] satisfies readonly Bump[];
const numbers = (version: string): readonly number[] => version.split('.').map(Number);

/** npm would make a prerelease what everyone installs. */
export const versionProblem = (version: string): string | undefined =>
	/^\d+\.\d+\.\d+$/.test(version)
		? undefined
		: `Expected \`patch\`, \`minor\`, \`major\` or a version such as 1.2.3, got \`${version}\`. There are no prereleases`;

/** The version after a bump. Anything else is a version already. */
export const nextVersion = (current: string, wanted: string): string => {
	const place = parts.indexOf(wanted);
	if (place === -1) return wanted;
	return numbers(current)
		.map((number, index) => (index < place ? number : index === place ? number + 1 : 0))
		.join('.');
};

/** The smallest step that semantic versioning allows after such changes. Before 1.0, the second number is for what breaks. */
export const leastBump = (before: string, changes: readonly ApiChange[]): Bump => {
	const isEarly = before.startsWith('0.');
	if (changes.some(({kind}) => kind !== 'added')) return isEarly ? 'minor' : 'major';
	return changes.length > 0 && !isEarly ? 'minor' : 'patch';
};

/** The least version that can be released now. The first release has the version that package.json has already. */
export const leastVersion = (current: string, released: Released, api: Api): string =>
	released ? nextVersion(current, leastBump(released.version, compareApi(released.api, api))) : current;

/** The step from one version to another. `undefined`: it isn't one. */
export const bumpBetween = (before: string, after: string): Bump | undefined => {
	const [old, next] = [numbers(before), numbers(after)];
	const index = [0, 1, 2].find(index => old[index] !== next[index]);
	if (index === undefined || (next[index] ?? 0) < (old[index] ?? 0)) return undefined;
	return parts[index] as Bump;
};
