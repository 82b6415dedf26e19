/** The keys of a walk, in its order. */
export const keysOf = async (walk: AsyncIterable<readonly string[]> | undefined): Promise<string[]> => {
	const keys: string[] = [];
	for await (const page of walk ?? []) keys.push(...page);
	return keys;
};
