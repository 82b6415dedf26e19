import {type Codec, type CodecContext, type Envelope, madeOf, open, type Passage} from '../codec.ts';
import {SessionError} from '../errors.ts';
import {checkObject} from '../options/checks.ts';
import {checkNames} from '../options/names.ts';
import {isPlainArray, isPlainObject} from '../plain.ts';
import {isBare} from './types/bare.ts';
import {maxDepth, quote, stepFrom} from './types/place.ts';

/** The part of a Standard Schema that is needed. Validators of Zod, Valibot and others have it. */
export interface Validator<Fields> {
	/** @see https://standardschema.dev */
	readonly '~standard': {
		readonly validate: (value: unknown) => Validation<Fields> | Promise<Validation<Fields>>;
	};
}

/** What a validator found: the value, in its own form, or what is wrong with it. */
export type Validation<Fields> =
	| {readonly value: Fields; readonly issues?: undefined}
	| {readonly issues: readonly Issue[]};

/** What is wrong with a value. Its message isn't used, since some messages quote the value. */
export type Issue = {readonly path?: readonly (PropertyKey | {readonly key: PropertyKey})[] | undefined};

/** Options of `schema()`. */
export type SchemaOptions = {
	/**
	Turns stored data of an older shape into data of the current shape, before it is validated.

	It gets all stored data, even if it already has the current shape, and may change it in place. It returns what to
	validate. A session may be read more than once, so it should do nothing else.

	@default data => data
	*/
	readonly upgrade?: (data: Record<string, unknown>) => object;

	/**
	What happens to fields that the validator leaves out, inside objects and arrays too.

	`'keep'`: they stay in the session, untyped, so that a process of the previous version doesn't erase what a newer one
	stores. Items of a list are matched by position: if the validator sorts a list, use `'drop'`.
	`'drop'`: they are no longer in the session, nor stored.

	@default 'keep'
	*/
	readonly unknown?: 'keep' | 'drop';
};

/** How many paths a message names. */
const maxPaths = 5;

/**
Puts a validator between a codec and the route. The route gets what the validator accepts, and only that is stored.

It takes any Standard Schema validator that is synchronous and leaves its own output as it is. One that changes it, such as
by escaping a text once more, changes the session at each request. The validator sees the data alone, and types
`ctx.session`. A new session begins as `{}` without being validated, so make fields optional if a route may find
them missing.

- Stored data that doesn't fit counts as no session: an event is published, and the record stays as it is.
- So does data that would fit, but couldn't be stored again as the validator or `upgrade` returned it.
- If a route leaves data that doesn't fit, the request fails and nothing is stored.
- What reading changed, such as an upgrade, a default or a trimmed text, is written once a route uses the session.

In a list of codecs, wrap each one. Otherwise a session that an older codec wrote isn't validated when it is read, and
fails the request when it is written.

@throws TypeError For a validator or options of the wrong type.
@throws SessionError Before the `yield`, `ERR_SESSION_UNDECODABLE`, after it `ERR_SESSION_NOT_ENCODABLE`, for data that
doesn't fit, naming the paths, and for an asynchronous validator.

@example
import session, {json} from 'koa-server-session';
import {schema} from 'koa-server-session/codecs/schema';
import {z} from 'zod';

const fields = z.object({name: z.string().optional(), views: z.number().default(0)});
const codec = schema(json(), fields, {
	upgrade: ({user, ...others}) => (user === undefined ? others : {...others, name: user}),
});
app.use(session(app, {codec}));
*/
export const schema = <Fields extends object>(
	base: Codec<Envelope<object>>,
	validator: Validator<Fields>,
	options: SchemaOptions = {},
): Codec<Envelope<Fields>> => {
	const {upgrade, unknown} = checkOptions(base, validator, options);

	const check = (data: object, purpose: Purpose): Fields => {
		const value = validate(validator, data, purpose);
		return unknown === 'keep' ? (overlay(data, value) as Fields) : value;
	};

	const read = (session: Envelope<object>, context: CodecContext): Envelope<Fields> => {
		const data = check(upgrade(session.data as Record<string, unknown>), 'stored');
		// A session that can be read but not written would fail each request that reads it.
		checkEncodable(base, {...session, data: check(data, 'output')}, context);
		return {...session, data};
	};

	const codec: Codec<Envelope<Fields>> = function* (stored, context): Passage<Envelope<Fields>> {
		const passage = open(base, stored, context);
		try {
			const kept = yield passage.session && read(passage.session, context);
			return passage.close(kept && {...kept, data: check(kept.data, 'left')});
		} finally {
			passage.abort();
		}
	};
	return madeOf(codec, schema, base, validator, upgrade, unknown);
};

/** What validated data is: found in the store, what the validator made of that, or what a route left. */
type Purpose = keyof typeof refusals;

const refusals = {
	stored: ['ERR_SESSION_UNDECODABLE', 'Expected data that fits the schema', 'Let `upgrade` make it fit'],
	output: [
		'ERR_SESSION_UNDECODABLE',
		'Expected a validator that accepts its own output',
		'Leave out what turns a value into one of another type',
	],
	left: ['ERR_SESSION_NOT_ENCODABLE', 'Expected data that fits the schema', 'Nothing was stored'],
} as const;

const validate = <Fields>(validator: Validator<Fields>, data: object, purpose: Purpose): Fields => {
	const [code, expected, remedy] = refusals[purpose];
	const validation = validator['~standard'].validate(data);
	if ('then' in validation) {
		// Nobody waits for it, so nobody else would catch its rejection.
		validation.then(undefined, () => undefined);
		throw new SessionError(code, 'Expected a synchronous validator, got a promise. Leave out its async parts');
	}

	if (!validation.issues) return validation.value;
	const paths = [...new Set(validation.issues.map(pathOf))];
	const more = paths.length > maxPaths ? ` and ${paths.length - maxPaths} more` : '';
	const places = `${paths.slice(0, maxPaths).map(quote).join(', ')}${more}`;
	throw new SessionError(code, `${expected}, but it doesn't at ${places}. ${remedy}`);
};

const pathOf = ({path = []}: Issue): string =>
	path
		.map(segment => (typeof segment === 'object' ? segment.key : segment))
		.map(key => (typeof key === 'number' || typeof key === 'string' ? key : '?'))
		.reduce(stepFrom, 'data');

const checkEncodable = (base: Codec<Envelope<object>>, session: Envelope<object>, context: CodecContext): void => {
	// Nearly always true, and much faster than encoding.
	if (isBare(session.data, maxDepth - 1)) return;
	try {
		open(base, undefined, context).close(session);
	} catch (cause) {
		throw new SessionError(
			'ERR_SESSION_UNDECODABLE',
			'Expected the validator and `upgrade` to return data that can be stored, got other data. See `cause`',
			{cause},
		);
	}
};

/** Lays what a validator made of a value over that value, so that what it left out stays, and stays in its place. */
const overlay = (value: unknown, made: unknown): unknown => {
	if (value === made) return made;
	if (isPlainArray(value) && isPlainArray(made)) {
		return value.length === made.length ? made.map((item, index) => overlay(value[index], item)) : made;
	}

	if (!isPlainObject(value) || !isPlainObject(made)) return made;
	const whole = {...value, ...made};
	for (const key of Object.keys(made)) {
		// It is already an own property of `whole`, even if it is `__proto__`: assigning reaches no prototype.
		if (Object.hasOwn(value, key)) whole[key] = overlay(value[key], made[key]);
	}
	return whole;
};

const keepsShape = (data: Record<string, unknown>): object => data;

const checkOptions = (
	base: unknown,
	validator: Validator<unknown>,
	options: SchemaOptions,
): Required<SchemaOptions> => {
	if (typeof base !== 'function') throw new TypeError('Expected a codec such as `json()`, then the validator');
	if (typeof validator?.['~standard']?.validate !== 'function') {
		throw new TypeError('Expected a Standard Schema validator, see https://standardschema.dev');
	}
	checkObject('options', options, "an object such as `{unknown: 'drop'}`");
	checkNames(options, ['upgrade', 'unknown']);
	const {upgrade = keepsShape, unknown = 'keep'} = options;
	if (typeof upgrade !== 'function') throw new TypeError('Expected `upgrade` to be a function');
	if (unknown !== 'keep' && unknown !== 'drop') throw new TypeError("Expected `unknown` to be `'keep'` or `'drop'`");
	return {upgrade, unknown};
};
