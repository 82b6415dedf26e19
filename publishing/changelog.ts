/** The newest section of the changelog. */
export type Section = {
	/** `undefined` under the heading "Unreleased". */
	readonly version?: string | undefined;

	/** The day of the release, or `undefined` before it. */
	readonly date?: string | undefined;
	readonly text: string;
};

const heading = /^## (?:Unreleased|(\d+\.\d+\.\d+\S*) \((?:unreleased|(\d{4}-\d\d-\d\d))\))$/;

/** @throws Error If there is no section, or its heading has another form. */
export const newestSection = (changelog: string): Section => {
	const newest = changelog.split(/^(?=## )/m).find(part => part.startsWith('## ')) ?? '';
	const [first = '', ...lines] = newest.split('\n');
	const parts = heading.exec(first);
	if (!parts) {
		throw new Error(
			`Expected the newest heading of CHANGELOG.md to be "## Unreleased", "## 1.2.3 (unreleased)" or "## 1.2.3 (2026-12-31)", got "${first}"`,
		);
	}

	const [, version, date] = parts;
	return {version, date, text: lines.join('\n')};
};

/** Gives the newest section the version and the day on which it is released. */
export const release = (changelog: string, version: string, date: string): string => {
	const {date: earlier} = newestSection(changelog);
	if (earlier) throw new Error('Expected a section "## Unreleased" at the top of CHANGELOG.md');
	return changelog.replace(/^## .*$/m, `## ${version} (${date})`);
};
