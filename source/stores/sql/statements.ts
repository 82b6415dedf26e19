import type {Compilable, CompiledQuery, QueryExecutor, QueryResult} from 'kysely';

/** By name: a value, or the values of a row by their columns. */
type Values = Readonly<Record<string, unknown>>;

/** Stands for a value in a statement that is compiled before its values are known. */
class Blank {
	/** Finds the value. */
	readonly find: (values: Values) => unknown;

	constructor(find: (values: Values) => unknown) {
		this.find = find;
	}
}

/** Blanks by the same names. */
const blanksFor = <Given extends Values>(values: Given): Given => {
	const blanks = Object.entries(values).map(([name, value]) => {
		if (!isRow(value)) return [name, new Blank(values => values[name])];
		const columns = Object.keys(value).map(column => [column, new Blank(values => (values[name] as Values)[column])]);
		return [name, Object.fromEntries(columns)];
	});
	return Object.fromEntries(blanks);
};

const isRow = (value: unknown): value is Values => value?.constructor === Object;

/** Runs statements through a Kysely. Kysely builds and compiles each of them once, since that takes longer than most run. */
export class Statements {
	readonly #executor: QueryExecutor;
	readonly #compiled = new Map<string, CompiledQuery>();

	constructor(executor: QueryExecutor) {
		this.#executor = executor;
	}

	/** Runs a statement that is built for these values alone. */
	once(statement: Compilable): Promise<QueryResult<unknown>> {
		return this.#executor.executeQuery(statement.compile());
	}

	/**
	@param name Names what `build` makes. It may depend on nothing but the values, and on none of them for its form.
	@param build Makes the statement. The values that it is given may be blanks, so it can only pass them on.
	*/
	run<Given extends Values>(
		name: string,
		values: Given,
		build: (values: Given) => Compilable,
	): Promise<QueryResult<unknown>> {
		// A plugin may rewrite each statement in a different way, and look at its values.
		if (this.#executor.plugins.length > 0) return this.once(build(values));

		let compiled = this.#compiled.get(name);
		if (!compiled) {
			compiled = build(blanksFor(values)).compile();
			this.#compiled.set(name, compiled);
		}
		const parameters = compiled.parameters.map(each => (each instanceof Blank ? each.find(values) : each));
		return this.#executor.executeQuery({...compiled, parameters});
	}
}
