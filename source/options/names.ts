import {elsewhere} from './other-libraries.ts';
import {suggestion} from './suggestion.ts';

/**
Refuses names that are not options.

@param within What the names belong to, such as `cookie.`.
@throws TypeError It suggests the nearest known option.
*/
export const checkNames = (options: object, known: readonly string[], within = ''): void => {
	const unknown = Object.keys(options).find(name => !known.includes(name));
	if (unknown === undefined) return;
	const remedy = elsewhere(unknown) ?? suggestion(unknown, known, within);
	throw new TypeError(`Unknown option \`${within}${unknown}\`. ${remedy}`);
};
