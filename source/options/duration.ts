import {warnOnce} from '../warning.ts';
import {outOfRange, quote, unexpected} from './checks.ts';

const units = {ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000} as const;

/** Milliseconds, or a string of a number and a unit (`ms`, `s`, `m`, `h`, `d` or `w`), such as `'90s'` or `'1.5h'`. */
export type Duration = number | `${number}${keyof typeof units}`;

/** Ten years. Anything longer is a mistake of units; some options allow `Infinity`. */
const longest = 3653 * units.d;

/** The range that an option allows, in milliseconds. */
export type DurationRange = {readonly least: number; readonly most?: number; readonly canBeInfinite?: true};

/**
Reads a duration.

@returns Whole milliseconds.
@throws TypeError If it is not a duration.
@throws RangeError If it is out of range.
*/
export const readDuration = (name: string, value: unknown, range: DurationRange): number => {
	const duration = typeof value === 'string' ? readText(value) : value;
	if (typeof duration !== 'number' || Number.isNaN(duration)) {
		throw unexpected(name, "milliseconds or a string such as '30m' or '14d'", value, quote(value));
	}

	if (value === Number.POSITIVE_INFINITY && range.canBeInfinite) return value;

	const {least, most = longest} = range;
	if (!Number.isInteger(duration) || duration < least || duration > most) {
		const infinite = range.canBeInfinite ? ', or Infinity' : '';
		throw outOfRange(name, `whole milliseconds from ${least} to ${most}${infinite}`, value);
	}

	return duration;
};

const readText = (text: string): number | undefined => {
	const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|[smhdw])$/.exec(text) ?? [];
	return unit === undefined ? undefined : Math.round(Number(amount) * units[unit as keyof typeof units]);
};

/**
Reads a lifetime of sessions. Warns of a number that was probably meant as seconds.

Most frameworks count lifetimes in seconds. So a number is suspicious if it is whole hours in seconds, but not whole
minutes in milliseconds: 2678400 would be 31 days, or 44.64 minutes.
*/
export const readLifetime = (name: string, value: unknown, range: DurationRange): number => {
	const lifetime = readDuration(name, value, range);
	if (typeof value === 'number' && value % 3600 === 0 && value % units.m !== 0) warnOfSeconds(name, value);
	return lifetime;
};

const warnOfSeconds = (name: string, value: number): void => {
	const unit = (['h', 'm'] as const).find(unit => value >= units[unit]) ?? 's';
	const read = `${value / units[unit]}${unit}`;
	const meant = value % 86_400 === 0 ? `${value / 86_400}d` : `${value / 3600}h`;
	warnOnce(
		'SECONDS',
		`\`${name}: ${value}\` means '${read}', since numbers are milliseconds. ` +
			`If you meant seconds, write '${meant}'. If not, write '${read}'`,
	);
};
