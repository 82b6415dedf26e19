import {existsSync, globSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {basename, dirname, join, normalize, relative} from 'node:path';

/** What is a page of the site, by its path in the repository: the path of the page. */
const findPages = (root: string): ReadonlyMap<string, string> => {
	const found = globSync(['docs/*.md', 'docs/recipes/*.{js,ts}', 'examples/*.{js,ts}'], {cwd: root});
	return new Map([
		['README.md', 'index.md'],
		['CHANGELOG.md', 'changelog.md'],
		['CONTRIBUTING.md', 'contributing.md'],
		['SECURITY.md', 'security-policy.md'],
		['benchmark/README.md', 'benchmark.md'],
		...found.map(path => [path, `${path.replace(/^docs\//, '').replace(/\.(?:md|js|ts)$/, '')}.md`] as const),
	]);
};

/** The text outside of blocks of code, changed. */
const changeProse = (text: string, change: (prose: string) => string): string =>
	text
		.split(/(^```[\s\S]*?^```$)/m)
		.map((part, index) => (index % 2 === 0 ? change(part) : part))
		.join('');

/** Writes the pages as the site needs them: links lead to pages, and to nothing that isn't on the site. */
export const writePages = (root: string, folder: string): void => {
	const pages = findPages(root);
	for (const [path, page] of pages) {
		const link = (whole: string, text: string, target: string, anchor = ''): string => {
			const wanted = normalize(join(dirname(path), target));
			const found = pages.get(wanted);
			if (found) return `[${text}](${relative(dirname(page), found) || basename(found)}${anchor})`;
			// A folder or a file of the repository, whose address only its maintainer knows.
			return existsSync(join(root, wanted)) ? text : whole;
		};
		const text = readFileSync(join(root, path), 'utf8');
		const target = join(folder, page);
		mkdirSync(dirname(target), {recursive: true});
		writeFileSync(
			target,
			path.endsWith('.md') ? changeProse(text, prose => changeLinks(prose, link)) : programPage(path, text),
		);
	}

	writeFileSync(join(folder, 'states.md'), statesPage);
};

const changeLinks = (
	prose: string,
	link: (whole: string, text: string, path: string, anchor?: string) => string,
): string =>
	prose
		.replaceAll(/<!--[\s\S]*?-->\n?/g, '')
		.replaceAll(/\[((?:[^[\]]|\[[^\]]*\])*)\]\((?![a-z]+:|#)([^)#\s]+)(#[^)]*)?\)/g, (whole, text, path, anchor) =>
			link(whole, text, path, anchor),
		);

/** A program, with the comment at its beginning as prose. */
const programPage = (path: string, text: string): string => {
	const [comment = '', ...code] = text
		.split('\n')
		.reduce<[string, ...string[]]>(
			([comment, ...code], line) =>
				line.startsWith('//') && code.length === 0 ? [`${comment}${line.slice(3)}\n`] : [comment, ...code, line],
			[''],
		);
	const [says = '', ...steps] = comment.split('\n\n');
	const shell = steps.length > 0 ? `\n\`\`\`sh\n${steps.join('\n').replaceAll(/^ +/gm, '').trim()}\n\`\`\`\n` : '';
	const kind = path.endsWith('.js') ? 'js' : 'ts';
	return `# ${basename(path)}\n\n${says.replaceAll('\n', ' ')}\n${shell}\n\`\`\`${kind}\n${code.join('\n').trim()}\n\`\`\`\n`;
};

const statesPage = `---
states: true
---

# A session's states

Where the session of one request stands, what its client holds, and what the response tells the client. Try what may
happen: each button is something that your route, another request or the store does. A letter stands for an id.
`;
