/** More than a store has. An application may build any number of others, such as those with a list of values. */
const mostKept = 32;

/** Prepares each statement once, since that takes SQLite longer than most of them run. The last ones are kept. */
export const keepPrepared = <Prepared>(prepare: (sql: string) => Prepared): ((sql: string) => Prepared) => {
	const kept = new Map<string, Prepared>();
	return sql => {
		const statement = kept.get(sql) ?? prepare(sql);
		// As the newest of them.
		kept.delete(sql);
		kept.set(sql, statement);
		if (kept.size > mostKept) kept.delete(kept.keys().next().value ?? sql);
		return statement;
	};
};
