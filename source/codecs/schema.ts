import {type Codec, type Envelope, open, type Passage} from '../codec.ts';
import {SessionError} from '../errors.ts';
import {isPlainArray, isPlainObject} from '../plain.ts';
import {quote, stepFrom} from './types/place.ts';

/** The part of a Standard Schema that is needed; validators of Zod, Valibot and others have it. */
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

/** What is wrong with a value. Its message isn't used: some quote the value. */
export type Issue = {readonly path?: readonly (PropertyKey | {readonly key: PropertyKey})[] | undefined};

/** Options of `schema()`. */
export type SchemaOptions = {
	/**
	Makes data of the present shape out of stored data of an older one, before that is validated.

	Gets all stored data, that of the present shape too, and may change it in place; returns what to validate. A session
	may be read more than once, so it should do nothing else.

	@default data => data
	*/
	readonly upgrade?: (data: Record<string, unknown>) => object;

	/**
	What becomes of fields that the validator leaves out, inside of objects and arrays too.

	`'keep'`: they stay in the session, untyped, so that a process of the version before doesn't erase what a newer one
	stores. Items of a list are told by their place: a validator that sorts one wants `'drop'`.
	`'drop'`: they are neither lent nor stored any more.

	@default 'keep'
	*/
	readonly unknown?: 'keep' | 'drop';
};

/** How many paths a message names. */
const maxPaths = 5;

/**
Puts a validator between a codec and the route: what it lets through is what the route gets, and what is stored.

Any validator by the Standard Schema will do that answers at once and accepts its own output. It sees the data alone, and
types `ctx.session`. A new session begins as `{}` without it, so fields that a route may find missing are optional.

- What is stored and doesn't fit counts as no session: an event tells, and the record stays as it is.
- What a route makes of it and doesn't fit isn't stored, and the request fails.
- What reading changed, by an upgrade, a default or a trimmed text, is written when a route uses the session; once.

Wrap each codec of a list; otherwise a session that an older one wrote goes past the validator when it is read, and
fails the request when it is written.

@throws TypeError For a validator or options of another form.
@throws SessionError Before the `yield`, `ERR_SESSION_UNDECODABLE`, after it `ERR_SESSION_NOT_ENCODABLE`, for data that
doesn't fit, naming the paths; and for a validator that is asynchronous.

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

	const check = (data: object, code: RefusalCode): Fields => {
		const value = validate(validator, data, code);
		return unknown === 'keep' ? (overlay(data, value) as Fields) : value;
	};

	return function* (stored, context): Passage<Envelope<Fields>> {
		const passage = open(base, stored, context);
		try {
			const {session} = passage;
			const kept = yield session && {
				...session,
				data: check(upgrade(session.data as Record<string, unknown>), 'ERR_SESSION_UNDECODABLE'),
			};
			return passage.close(kept && {...kept, data: check(kept.data, 'ERR_SESSION_NOT_ENCODABLE')});
		} finally {
			passage.abort();
		}
	};
};

type RefusalCode = 'ERR_SESSION_UNDECODABLE' | 'ERR_SESSION_NOT_ENCODABLE';

const validate = <Fields>(validator: Validator<Fields>, data: object, code: RefusalCode): Fields => {
	const validation = validator['~standard'].validate(data);
	if ('then' in validation) {
		// Nobody waits for it, so nobody else would catch what it fails with.
		validation.then(undefined, () => undefined);
		throw new SessionError(code, 'Expected a validator that answers at once, got a promise. Leave out its async parts');
	}

	if (!validation.issues) return validation.value;
	const paths = [...new Set(validation.issues.map(pathOf))];
	const more = paths.length > maxPaths ? ` and ${paths.length - maxPaths} more` : '';
	throw new SessionError(
		code,
		`Expected data that fits the schema, but it doesn't at ${paths.slice(0, maxPaths).map(quote).join(', ')}${more}. ` +
			(code === 'ERR_SESSION_UNDECODABLE' ? 'Let `upgrade` make it fit' : 'Nothing was stored'),
	);
};

const pathOf = ({path = []}: Issue): string =>
	path
		.map(segment => (typeof segment === 'object' ? segment.key : segment))
		.map(key => (typeof key === 'number' || typeof key === 'string' ? key : '?'))
		.reduce(stepFrom, 'data');

/** Lays what a validator made of a value over that value, so that what it left out stays, and where it was. */
const overlay = (value: unknown, made: unknown): unknown => {
	if (value === made) return made;
	if (isPlainArray(value) && isPlainArray(made)) {
		return value.length === made.length ? made.map((item, index) => overlay(value[index], item)) : made;
	}

	if (!isPlainObject(value) || !isPlainObject(made)) return made;
	const whole = {...value, ...made};
	for (const key of Object.keys(made)) {
		// An own property of `whole` already, also if it is `__proto__`: assigning reaches no prototype.
		if (Object.hasOwn(value, key)) whole[key] = overlay(value[key], made[key]);
	}
	return whole;
};

const checkOptions = (
	base: unknown,
	validator: Validator<unknown>,
	{upgrade = data => data, unknown = 'keep'}: SchemaOptions,
): Required<SchemaOptions> => {
	if (typeof base !== 'function') throw new TypeError('Expected a codec such as `json()`, then the validator');
	if (typeof validator?.['~standard']?.validate !== 'function') {
		throw new TypeError('Expected a validator by the Standard Schema, see https://standardschema.dev');
	}
	if (typeof upgrade !== 'function') throw new TypeError('Expected `upgrade` to be a function');
	if (unknown !== 'keep' && unknown !== 'drop') throw new TypeError("Expected `unknown` to be `'keep'` or `'drop'`");
	return {upgrade, unknown};
};
