import {kindOf, quote} from './checks.ts';

const units = {ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000} as const;

/** Milliseconds, or a text of a number and a unit: `ms`, `s`, `m`, `h`, `d` or `w`, as `'90s'` or `'1.5h'`. */
export type Duration = number | `${number}${keyof typeof units}`;

/** Ten years: longer is a mistake of units, or should be said as `Infinity` where that is allowed. */
const longest = 3653 * units.d;

/** The range that an option allows, in milliseconds. */
export type DurationRange = {readonly least: number; readonly most?: number; readonly canBeInfinite?: true};

/**
Reads a duration.

@returns Whole milliseconds.
@throws TypeError If it is no duration.
@throws RangeError If it is outside the range.
*/
export const readDuration = (name: string, value: unknown, range: DurationRange): number => {
	const duration = typeof value === 'string' ? readText(value) : value;
	if (typeof duration !== 'number' || Number.isNaN(duration)) {
		throw new TypeError(`Expected \`${name}\` to be milliseconds or a text such as '30m' or '14d', ${got(value)}`);
	}

	if (value === Number.POSITIVE_INFINITY && range.canBeInfinite) return value;

	const {least, most = longest} = range;
	if (!Number.isInteger(duration) || duration < least || duration > most) {
		const infinite = range.canBeInfinite ? ', or Infinity' : '';
		throw new RangeError(
			`Expected \`${name}\` to be whole milliseconds from ${least} to ${most}${infinite}, ${got(value)}`,
		);
	}

	return duration;
};

const readText = (text: string): number | undefined => {
	const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|[smhdw])$/.exec(text) ?? [];
	return unit === undefined ? undefined : Math.round(Number(amount) * units[unit as keyof typeof units]);
};

const got = (value: unknown): string => `got ${quote(value)} (${kindOf(value)})`;
