import {suggestion} from './suggestion.ts';

/** What to do instead of an option that another library has, by its name there. */
export type Remedies = Readonly<Record<string, string>>;

/** Says what an option is called here. */
export const called = (option: string, more = ''): string => `Here the option is called \`${option}\`${more}.`;

/** What the names belong to. */
type Place = {
	/** What messages put before a name, such as `cookie.`. */
	readonly within?: string;
	readonly remedies?: Remedies;
};

/**
Refuses names that are not options: one that is ignored may be the one that matters.

@throws TypeError It says what to do instead, or suggests the nearest known option.
*/
export const checkNames = (
	options: object,
	known: readonly string[],
	{within = '', remedies = {}}: Place = {},
): void => {
	const unknown = Object.keys(options).find(name => !known.includes(name));
	if (unknown === undefined) return;
	const remedy = Object.hasOwn(remedies, unknown) ? remedies[unknown] : suggestion(unknown, known, within);
	throw new TypeError(`Unknown option \`${within}${unknown}\`. ${remedy}`);
};
