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

test('anything else is a TypeError that names the option and what came', t => {
	for (const given of [
		...['', ' ', '1', '30', '1e3', '1e3s', '-1s', '+1s', ' 5m', '5m ', '5 m', '5m\n', '5M', '5min', '5 minutes', 'm'],
		...['1,5h', '.5h', '1.h', '1.5.5h', '1h30m', 'PT30M', '0x10s', 'Infinity', 'Infinityms', 'NaN', 'NaNs', '٣s'],
		...[undefined, null, true, Number.NaN, 5n, Symbol('5m'), {}, [], ['5m'], new Date(5), Object.create(null), () => 5],
	]) {
		const {message} = t.throws(() => readDuration('idleTimeout', given, any), {instanceOf: TypeError}) ?? {message: ''};
		t.true(message.startsWith("Expected `idleTimeout` to be milliseconds or a text such as '30m' or '14d', got "));
		t.true(message.endsWith(`(${given === null ? 'null' : typeof given})`), message);
	}
});

test('out of the range is a RangeError that names the option, the range and what came', t => {
	const message = 'Expected `touchAfter` to be whole milliseconds from 10 to 20, got ';
	for (const given of [9, 21, 10.5, -1, -0, Infinity, -Infinity, 1e300, '9ms', '21ms', '1s', '0.5ms']) {
		const error = t.throws(() => readDuration('touchAfter', given, {least: 10, most: 20}), {instanceOf: RangeError});
		t.true(error?.message.startsWith(message), String(given));
	}

	t.throws(() => readDuration('touchAfter', 5, {least: 10, most: 20}), {message: `${message}\`5\` (number)`});
	t.throws(() => readDuration('touchAfter', '5ms', {least: 10, most: 20}), {message: `${message}\`'5ms'\` (string)`});
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

test('property: a text is its number times its unit, to the millisecond', t => {
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

test('property: whatever comes, the answer is whole milliseconds within the range, or a clear error', t => {
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
