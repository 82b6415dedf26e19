import {type Api, compareApi} from './api.ts';
import {newestSection} from './changelog.ts';
import type {Released} from './released.ts';
import {bumpBetween, bumps, leastBump, versionProblem} from './version.ts';

/** The part of package.json that publishing is about. */
export type Manifest = {readonly version: string; readonly repository?: {readonly url: string} | undefined};

/** The hosts for which npm makes `homepage` and `bugs` from the address of the repository. */
const address = /^git\+https:\/\/(?:github\.com|gitlab\.com|bitbucket\.org)\/(?<owner>[\w.-]+)\/[\w.-]+\.git$/;

/** Stand in package.json until the maintainer knows where the repository is, and in what we ask for. */
const placeholders = ['OWNER', 'you'];

/** Why the package can't be published from here. `undefined`: it can. */
export const repositoryProblem = ({repository}: Manifest): string | undefined => {
	const url = repository?.url ?? '';
	const owner = address.exec(url)?.groups?.['owner'];
	if (owner && !placeholders.includes(owner)) return undefined;
	return (
		'Fill in where the repository is, once: `npm pkg set repository.url=git+https://github.com/you/koa-server-session.git`, ' +
		`with your name for \`you\`. GitLab and Bitbucket work too. It is \`${url}\``
	);
};

const mentions = (text: string, symbol: string): boolean => new RegExp(`\\b${symbol}\\b`).test(text);

/** What an entry of the changelog must name: the user's word for it. */
const wordFor = (symbol: string): string => (symbol === 'default' ? 'session()' : symbol);

/** The names that the newest section of the changelog still lacks, given how the API has changed since the last release. */
export const changelogProblems = (changelog: string, released: Released, api: Api): readonly string[] => {
	const {date, text} = newestSection(changelog);
	const entries = date ? '' : text;
	const isNamed = (word: string): boolean => (word.endsWith('()') ? entries.includes(word) : mentions(entries, word));

	return compareApi(released?.api ?? api, api).flatMap(({name, kind}) => {
		const [entry = '', symbol = ''] = name.split(': ');
		const words = [wordFor(symbol)];
		// Nobody can import such a type, so one that shows it may be named instead. What adds or removes it is a change too.
		if (entry.startsWith('(')) {
			if (kind !== 'changed') return [];
			for (const [other, code] of api) if (mentions(code, symbol)) words.push(wordFor(other.split(': ')[1] ?? ''));
		}

		if (words.some(isNamed)) return [];
		const known = [...new Set(words)].map(word => `\`${word}\``).join(' or ');
		return `CHANGELOG.md must name ${known}, which was ${kind}`;
	});
};

/** What is wrong with the changelog and the version, given how the API has changed. */
export const releaseProblems = (
	version: string,
	changelog: string,
	released: Released,
	api: Api,
): readonly string[] => {
	const problem = versionProblem(version);
	if (problem) return [problem];

	const {date, text} = newestSection(changelog);
	const problems = !date && /^- /m.test(text) ? [] : ['The newest section of CHANGELOG.md has no unreleased entries'];
	if (!released) return problems;

	problems.push(...changelogProblems(changelog, released, api));
	const least = leastBump(released.version, compareApi(released.api, api));
	const bump = bumpBetween(released.version, version);
	if (!bump) problems.push(`${version} doesn't follow ${released.version}`);
	else if (bumps.indexOf(bump) < bumps.indexOf(least)) {
		problems.push(`The API has changed so that ${version} must be a ${least} version after ${released.version}`);
	}

	return problems;
};
