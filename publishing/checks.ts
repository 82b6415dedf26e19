import {type Api, type ApiChange, compareApi} from './api.ts';
import {newestSection} from './changelog.ts';

/** The part of package.json that publishing is about. */
export type Manifest = {readonly version: string; readonly repository?: {readonly url: string} | undefined};

/** Stands in package.json until the maintainer knows where the repository is. */
const placeholder = 'OWNER';

/** Why the package can't be published from here. `undefined`: it can. npm makes `homepage` and `bugs` from it. */
export const repositoryProblem = ({repository}: Manifest): string | undefined => {
	const url = repository?.url ?? '';
	if (/^git\+https:\/\/[\w.-]+\/[\w.-]+\/[\w.-]+\.git$/.test(url) && !url.split('/').includes(placeholder))
		return undefined;
	return (
		'Fill in where the repository is, once: `npm pkg set repository.url=git+https://github.com/you/koa-server-session.git`. ' +
		`It is \`${url}\``
	);
};

/** The part of a version that goes up. */
export const bumps = ['patch', 'minor', 'major'] as const;
export type Bump = (typeof bumps)[number];

/** The smallest step that semantic versioning allows after such changes. Before 1.0, the second number is for what breaks. */
export const leastBump = (before: string, changes: readonly ApiChange[]): Bump => {
	const isEarly = before.startsWith('0.');
	if (changes.some(({kind}) => kind !== 'added')) return isEarly ? 'minor' : 'major';
	return changes.length > 0 && !isEarly ? 'minor' : 'patch';
};

/** The step from one version to another. `undefined`: it isn't one. */
export const bumpBetween = (before: string, after: string): Bump | undefined => {
	const [old, next] = [before, after].map(version => version.split(/[.-]/).slice(0, 3).map(Number));
	const index = [0, 1, 2].find(index => old?.[index] !== next?.[index]);
	if (index === undefined || (next?.[index] ?? 0) < (old?.[index] ?? 0)) return undefined;
	return (['major', 'minor', 'patch'] as const)[index];
};

/** What is known of the last release: its version and its API. `undefined`: there was none. */
export type Released = {readonly version: string; readonly api: Api} | undefined;

/** What is wrong with the changelog and the version, given how the API has changed. */
export const releaseProblems = (
	version: string,
	changelog: string,
	released: Released,
	api: Api,
): readonly string[] => {
	const {text} = newestSection(changelog);
	const problems = /^- /m.test(text) ? [] : ['The newest section of CHANGELOG.md has no entries'];
	if (!released) return problems;

	const changes = compareApi(released.api, api);
	for (const {name, kind} of changes) {
		const [, symbol = ''] = name.split(': ');
		if (!name.startsWith('(') && !new RegExp(`\\b${symbol}\\b`).test(text)) {
			problems.push(`CHANGELOG.md must name \`${symbol}\`, which was ${kind}`);
		}
	}

	const [bump, least] = [bumpBetween(released.version, version), leastBump(released.version, changes)];
	if (!bump) problems.push(`${version} doesn't follow ${released.version}`);
	else if (bumps.indexOf(bump) < bumps.indexOf(least)) {
		problems.push(`The API has changed so that ${version} must be a ${least} version after ${released.version}`);
	}

	return problems;
};
