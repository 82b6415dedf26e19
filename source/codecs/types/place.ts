import {SessionError} from '../../errors.ts';

/** How many containers may be nested: more than data needs, and fewer than any call stack has room for. */
export const maxDepth = 128;

/** The most of a path that a message shows, in characters. */
const maxPath = 200;

/** Where in the session a value is: a chain of the containers around it. `undefined`: it is the session. */
export type Place = {
	readonly container: object;
	/** The key, or the position in an array, `Map` or `Set`. */
	readonly step: string | number;
	readonly outer: Place | undefined;
};

/** Refuses a container that contains itself, or that is too deep. */
export const enter = (container: object, place: Place | undefined): void => {
	let depth = 1;
	for (let outer = place; outer; outer = outer.outer) {
		if (outer.container === container) refuse(place, 'an object that contains itself');
		depth++;
	}

	if (depth > maxDepth) refuse(place, `more than ${maxDepth} levels`);
};

/** Throws an error that says what can't be encoded, and where. It holds no value: an item of a `Map` goes by its position. */
export const refuse = (place: Place | undefined, what: string): never => {
	const where = place ? quote(pathOf(place)) : 'the session';
	throw new SessionError(
		'ERR_SESSION_NOT_ENCODABLE',
		`Expected ${where} to be plain data, got ${what}. Leave it out, or store what it can be made from`,
	);
};

/** Names the class of an instance, for `refuse()`. */
export const describeInstance = (value: object): string => {
	const name: unknown = Object.getPrototypeOf(value).constructor?.name;
	return `an instance of ${typeof name === 'string' && name ? `\`${name}\`` : 'a class'}`;
};

/** Adds a step to a path. */
export const stepFrom = (path: string, step: string | number): string => {
	if (typeof step === 'number') return `${path}[${step}]`;
	if (!/^[a-z_$][\w$]*$/i.test(step)) return `${path}[${JSON.stringify(step)}]`;
	return path ? `${path}.${step}` : step;
};

/** Shows a path in a message. */
export const quote = (path: string): string => `\`${path.slice(0, maxPath)}\``;

const pathOf = ({step, outer}: Place): string => stepFrom(outer ? pathOf(outer) : '', step);
