import {execFile} from 'node:child_process';
import {promisify} from 'node:util';
import test from 'ava';
import fc from 'fast-check';
import {type Duration, readDuration} from '../../source/options/duration.ts';

const units = {ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000} as const;
const tenYears = 3653 * units.d;
const any = {least: 0};

test('milliseconds, or a number with a unit', t => {
	for (const [given, milliseconds] of [
		[0, 0],
		[1, 1],
		[tenYears, tenYears],
		['0ms', 0],
		['1ms', 1],
		['90s', 90_000],
		['30m', 1_800_000],
		['1.5h', 5_400_000],
		['14d', 1_209_600_000],
		['2w', 1_209_600_000],
		['007s', 7000],
		['0.001s', 1],
		['1.0s', 1000],
		['3653d', tenYears],
	] as const satisfies readonly (readonly [Duration, number])[]) {
		t.is(readDuration('idleTimeout', given, any), milliseconds, String(given));
	}
});

const strings = [
	...['', ' ', '1', '30', '1e3', '1e3s', '-1s', '+1s', ' 5m', '5m ', '5 m', '5m\n', '5M', '5min', '5 minutes', 'm'],
	...['1,5h', '.5h', '1.h', '1.5.5h', '1h30m', 'PT30M', '0x10s', 'Infinity', 'Infinityms', 'NaN', 'NaNs', '٣s'],
];

const others = [
	[undefined, '`undefined`'],
	[null, '`null`'],
	[true, '`true` (boolean)'],
	[Number.NaN, '`NaN` (number)'],
	[5n, '`5` (bigint)'],
	[Symbol('5m'), '`Symbol(5m)` (symbol)'],
	[{}, 'an object'],
	[new Date(5), 'an object'],
	[Object.create(null), 'an object'],
	[['5m'], 'a list'],
	[() => 5, 'a function'],
	[async () => 5, 'an async function'],
	[Promise.resolve(5), 'a promise'],
] as const;

test('anything else is a TypeError that names the option and what it got', t => {
	for (const [given, shown] of [...strings.map(text => [text, `\`'${text}'\``] as const), ...others]) {
		t.throws(() => readDuration('idleTimeout', given, any), {
			instanceOf: TypeError,
			message: `Expected \`idleTimeout\` to be milliseconds or a string such as '30m' or '14d', got ${shown}`,
		});
	}
});

test('out of range is a RangeError that names the option, the range and what it got', t => {
	const message = 'Expected `touchAfter` to be whole milliseconds from 10 to 20, got ';
	for (const given of [9, 21, 10.5, -1, -0, Infinity, -Infinity, 1e300, '9ms', '21ms', '1s', '0.5ms']) {
		const error = t.throws(() => readDuration('touchAfter', given, {least: 10, most: 20}), {instanceOf: RangeError});
		t.true(error?.message.startsWith(message), String(given));
	}

	t.throws(() => readDuration('touchAfter', 5, {least: 10, most: 20}), {message: `${message}\`5\` (number)`});
	t.throws(() => readDuration('touchAfter', '5ms', {least: 10, most: 20}), {message: `${message}\`'5ms'\``});
	t.throws(() => readDuration('idleTimeout', tenYears + 1, any), {instanceOf: RangeError}, 'ten years are the most');
});

test('Infinity is allowed where the option says so, and only as that number', t => {
	const range = {least: 1000, canBeInfinite: true} as const;
	t.is(readDuration('absoluteTimeout', Infinity, range), Infinity);
	for (const given of [-Infinity, `${'9'.repeat(400)}d`]) {
		t.throws(() => readDuration('absoluteTimeout', given, range), {
			instanceOf: RangeError,
			message: /^Expected `absoluteTimeout` to be whole milliseconds from 1000 to 315619200000, or Infinity, got /,
		});
	}

	t.throws(() => readDuration('absoluteTimeout', 'Infinity', range), {instanceOf: TypeError});
});

test('property: a string is its number times its unit, to the millisecond', t => {
	const unit = fc.constantFrom(...(Object.keys(units) as (keyof typeof units)[]));
	fc.assert(
		fc.property(fc.nat(3653), fc.nat(999), unit, (whole, thousandths, name) => {
			const text = `${whole}.${String(thousandths).padStart(3, '0')}${name}`;
			const exact = (whole * 1000 + thousandths) * units[name];
			const most = Number.MAX_SAFE_INTEGER;
			return exact > tenYears * 1000 || Math.abs(readDuration('x', text, {...any, most}) - exact / 1000) <= 0.5;
		}),
	);
	fc.assert(
		fc.property(fc.nat(3653), unit, (whole, name) => {
			const milliseconds = whole * units[name];
			return milliseconds > tenYears || readDuration('x', `${whole}${name}`, any) === milliseconds;
		}),
	);
	t.pass();
});

test('property: whatever comes in gives whole milliseconds within the range, or a clear error', t => {
	const given = fc.oneof(fc.anything(), fc.double(), fc.string(), fc.tuple(fc.double(), fc.string()).map(String));
	const textLike = fc
		.tuple(fc.oneof(fc.double(), fc.integer(), fc.bigInt()).map(String), fc.constantFrom('', 'ms', 's', 'd', 'w', 'y'))
		.map(parts => parts.join(''));
	fc.assert(
		fc.property(fc.oneof(given, textLike), value => {
			try {
				const duration = readDuration('storeTimeout', value, {least: 5, most: 5000});
				return Number.isInteger(duration) && duration >= 5 && duration <= 5000;
			} catch (error) {
				const isClear = error instanceof TypeError || error instanceof RangeError;
				return isClear && error.message.startsWith('Expected `storeTimeout` to be ');
			}
		}),
	);
	t.pass();
});

/** The warnings of a process of its own, where each comes once. */
const warningsOf = async (value: string): Promise<string> => {
	const module = new URL('../../source/options/duration.ts', import.meta.url).href;
	const program = `import {readLifetime} from '${module}'; readLifetime('idleTimeout', ${value}, {least: 0});`;
	const {stderr} = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program]);
	return stderr;
};

test('a lifetime that was probably meant as seconds warns, and says how to write either meaning', async t => {
	const [days, hours] = await Promise.all([warningsOf('2678400'), warningsOf('7200')]);
	t.regex(days, /KOA_SERVER_SESSION_SECONDS.*`idleTimeout: 2678400` means '44\.64m', since numbers are milliseconds/);
	t.regex(days, /If you meant seconds, write '31d'\. If not, write '44\.64m'/);
	t.regex(hours, /`idleTimeout: 7200` means '7\.2s'.* write '2h'\. If not, write '7\.2s'/);
});

test('a lifetime that is whole minutes, or a string, is believed', async t => {
	const values = ['3_600_000', '86_400_000', '60_000', '1000', '1001', '0', "'7.2s'", "'44.64m'"];
	t.deepEqual(
		await Promise.all(values.map(warningsOf)),
		values.map(() => ''),
	);
});
