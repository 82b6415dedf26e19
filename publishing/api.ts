/** The public API by the names that users can write, such as `koa-server-session/stores/redis: RedisStore`. */
export type Api = ReadonlyMap<string, string>;

const intro = `# The public API

What applications can import, without comments. \`npm run api\` writes this file from the declarations that are
published, and a test compares them. A change here must be named in CHANGELOG.md, and decides which version comes next.
`;

/** Writes the API as a page. */
export const formatApi = (api: Api): string =>
	[intro, ...[...api].map(([name, code]) => `## ${name}\n\n\`\`\`ts\n${code}\n\`\`\`\n`)].join('\n');

/** Reads a page that `formatApi()` wrote. */
export const parseApi = (page: string): Api =>
	new Map([...page.matchAll(/^## (.+)\n\n```ts\n([\s\S]*?)\n```$/gm)].map(([, name = '', code = '']) => [name, code]));

/** What differs between two states of the API. What can be done with a changed name, only its reader knows: it breaks. */
export type ApiChange = {readonly name: string; readonly kind: 'added' | 'changed' | 'removed'};

export const compareApi = (before: Api, after: Api): readonly ApiChange[] => {
	const names = [...new Set([...before.keys(), ...after.keys()])];
	return names.flatMap(name => {
		if (before.get(name) === after.get(name)) return [];
		if (!before.has(name)) return {name, kind: 'added'} as const;
		return {name, kind: after.has(name) ? 'changed' : 'removed'} as const;
	});
};
