import {warnOnce} from '../warning.ts';

/** Names that set the lifetime in other libraries, and when their value shows that. Here they are data like any other. */
const foreign: Readonly<Record<string, (value: unknown) => boolean>> = {
	maxAge: () => true,
	cookie: value => typeof value === 'object' && value !== null && ('maxAge' in value || 'expires' in value),
};

/** The names about which `warnOfForeign()` may warn. */
export const foreignNames: readonly string[] = Object.keys(foreign);

/** Warns once of data that was probably meant to change how long the session lives, as it does in another library. */
export const warnOfForeign = (name: string, value: unknown): void => {
	if (!Object.hasOwn(foreign, name) || !foreign[name]?.(value)) return;
	warnOnce(
		'FOREIGN_LIFETIME',
		`\`ctx.session.${name}\` was stored as data, and does not change how long the session lives`,
		'Set `ctx.session.idleTimeout` and `ctx.session.absoluteTimeout`, or the options of these names, and `ctx.session.permanent = false` for a session that ends with the browser.',
	);
};
