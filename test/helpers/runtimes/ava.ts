import assert from 'node:assert/strict';

// AVA for other runtimes, which it doesn't run on: as much of it as the chosen scenarios use. Each test runs alone.

type Run = (t: unknown) => unknown;
type Expected = {readonly message?: string | RegExp; readonly code?: string; readonly instanceOf?: new () => unknown};

/** What the imported files have registered, in their order. */
export const registered: {readonly title: string; readonly run: Run}[] = [];

const register = (title: string, run: Run): void => void registered.push({title, run});
const ignore = (): void => undefined;
const test = Object.assign(register, {
	serial: register,
	skip: ignore,
	// Hooks of files, none of which the chosen scenarios need.
	before: ignore,
	after: Object.assign(ignore, {always: ignore}),
});
export default test;

export const registerCompletionHandler = ignore;

const check = (error: unknown, {message, code, instanceOf}: Expected = {}): void => {
	const {message: said, code: has} = error as {message: string; code?: string};
	if (instanceOf) assert.ok(error instanceof instanceOf);
	if (code !== undefined) assert.equal(has, code);
	if (typeof message === 'string') assert.equal(said, message);
	else if (message) assert.match(said, message);
};

const isLike = (value: unknown, selector: unknown): void => {
	for (const [name, expected] of Object.entries(selector as object)) {
		const found = (value as Record<string, unknown>)[name];
		if (typeof expected === 'object' && expected !== null && !Array.isArray(expected)) isLike(found, expected);
		else assert.deepEqual(found, expected);
	}
};

/** Runs a test, and what it wants done afterwards, last first. */
export const runTest = async (run: Run): Promise<void> => {
	const teardowns: (() => unknown)[] = [];
	const t = {
		is: (value: unknown, expected: unknown, message?: string) =>
			assert.ok(Object.is(value, expected), message ?? `${value} ≠ ${expected}`),
		not: (value: unknown, other: unknown, message?: string) => assert.ok(!Object.is(value, other), message),
		true: (value: unknown, message?: string) => assert.equal(value, true, message),
		false: (value: unknown, message?: string) => assert.equal(value, false, message),
		truthy: (value: unknown, message?: string) => assert.ok(value, message),
		deepEqual: (value: unknown, expected: unknown, message?: string) => assert.deepEqual(value, expected, message),
		notDeepEqual: (value: unknown, expected: unknown, message?: string) =>
			assert.notDeepEqual(value, expected, message),
		like: isLike,
		regex: (value: string, form: RegExp, message?: string) => assert.match(value, form, message),
		notRegex: (value: string, form: RegExp, message?: string) => assert.doesNotMatch(value, form, message),
		pass: ignore,
		fail: (message?: string) => assert.fail(message),
		log: ignore,
		timeout: ignore,
		throws(work: () => unknown, expected?: Expected) {
			try {
				work();
			} catch (error) {
				check(error, expected);
				return error;
			}

			return assert.fail('Expected it to throw');
		},
		async throwsAsync(work: Promise<unknown> | (() => Promise<unknown>), expected?: Expected) {
			const settled = await (typeof work === 'function' ? work() : work).then(
				() => ({}),
				(error: unknown) => ({error}),
			);
			if (!('error' in settled)) return assert.fail('Expected it to reject');
			check(settled.error, expected);
			return settled.error;
		},
		notThrows: (work: () => unknown) => void work(),
		notThrowsAsync: async (work: Promise<unknown> | (() => Promise<unknown>)) =>
			void (await (typeof work === 'function' ? work() : work)),
		teardown: (work: () => unknown) => void teardowns.push(work),
	};
	try {
		await run(t);
	} finally {
		for (const teardown of teardowns.toReversed()) await teardown();
	}
};
