import test from 'ava';

/** Fails the last test of a file if a promise of it, or of the library, was rejected and nobody looked. */
export const refuseUnhandledRejections = (): void => {
	const unhandled: unknown[] = [];
	const listener = (reason: unknown) => unhandled.push(reason);
	test.before(() => void process.on('unhandledRejection', listener));
	test.after.always('no rejection went unhandled', async t => {
		// Node tells of a rejection after the microtasks of its turn.
		await new Promise(resolve => setImmediate(resolve));
		process.off('unhandledRejection', listener);
		t.deepEqual(unhandled, []);
	});
};
