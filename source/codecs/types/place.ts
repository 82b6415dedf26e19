import {SessionError} from '../../errors.ts';
import {describeInstance} from '../../plain.ts';

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

/** What to do with a value that can't be encoded. */
const remedyByDefault = 'Leave it out, or store what it can be made from';

/** Throws an error that says what can't be encoded, and where. It holds no value: an item of a `Map` goes by its position. */
export const refuse = (place: Place | undefined, what: string, remedy = remedyByDefault): never => {
	const where = place ? quote(pathOf(place)) : 'the session';
	throw new SessionError('ERR_SESSION_NOT_ENCODABLE', `Expected ${where} to be plain data, got ${what}. ${remedy}`);
};

/** Refuses an instance of a class. Names what can stand for it, such as the text of an id or a URL. Calls none of it. */
export const refuseInstance = (place: Place | undefined, value: object): never => {
	const hasText = 'toString' in value && value.toString !== Object.prototype.toString;
	const hasJson = 'toJSON' in value && typeof value.toJSON === 'function';
	const stands = [...(hasText ? ['its text, `String(…)`'] : []), ...(hasJson ? ['what its `toJSON()` returns'] : [])];
	if (stands.length === 0) return refuse(place, describeInstance(value));
	return refuse(place, describeInstance(value), `Store ${stands.join(' or ')}, or what it can be made from`);
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
