import {AsyncLocalStorage} from 'node:async_hooks';
import test from 'ava';
import {Deadlines} from '../source/deadlines.ts';

// Deadlines share one timer, which keeps no process alive.
const alive = setInterval(() => undefined, 1000);
test.after(() => clearInterval(alive));

const expiring = (deadlines: Deadlines) =>
	new Promise<void>(resolve => {
		deadlines.begin(resolve);
	});

test('what takes too long expires, in the order in which it began', async t => {
	const deadlines = new Deadlines(20);
	const startedAt = performance.now();
	const expired: number[] = [];
	await Promise.all(
		[1, 2, 3].map(async number => {
			await expiring(deadlines);
			expired.push(number);
		}),
	);
	t.deepEqual(expired, [1, 2, 3]);
	t.true(performance.now() - startedAt >= 20);
});

test('what is over in time never expires, wherever it stands', async t => {
	for (const place of [0, 1, 2]) {
		const deadlines = new Deadlines(10);
		const expired: number[] = [];
		const begun = [0, 1, 2].map(number => deadlines.begin(() => expired.push(number)));
		t.true(deadlines.end(begun[place] as (typeof begun)[number]));
		await expiring(deadlines);
		t.deepEqual(
			expired,
			[0, 1, 2].filter(number => number !== place),
		);
		for (const each of begun) t.false(deadlines.end(each), 'it is over already');
	}
});

test('each has the whole time, also what begins while the timer runs for another', async t => {
	const deadlines = new Deadlines(40);
	deadlines.end(deadlines.begin(() => t.fail()));
	await new Promise(resolve => setTimeout(resolve, 20));
	const startedAt = performance.now();
	await expiring(deadlines);
	t.true(performance.now() - startedAt >= 40);
});

test('what begins when one expires has a deadline too', async t => {
	const deadlines = new Deadlines(10);
	await new Promise<void>(resolve => {
		deadlines.begin(() => deadlines.begin(resolve));
	});
	t.pass();
});

test.serial('whatever a timeout does, there is one timer, and the others end', async t => {
	const {setTimeout: real} = globalThis;
	let timers = 0;
	t.teardown(() => {
		globalThis.setTimeout = real;
	});
	globalThis.setTimeout = ((...args: Parameters<typeof real>) => {
		timers++;
		return real(...args);
	}) as typeof real;

	const deadlines = new Deadlines(10);
	await new Promise<void>(resolve => {
		deadlines.begin(() => {
			for (let count = 0; count < 20; count++) deadlines.begin(() => undefined);
			deadlines.begin(resolve);
		});
	});
	t.true(timers <= 4, `${timers} timers`);
});

test('the timer keeps no asynchronous context', async t => {
	const context = new AsyncLocalStorage<string>();
	const deadlines = new Deadlines(10);
	const seen = await new Promise(resolve => {
		context.run('first', () => deadlines.begin(() => undefined));
		context.run('second', () => deadlines.begin(() => resolve(context.getStore())));
	});
	t.is(seen, undefined);
});

test('what is over leads to no other', t => {
	const deadlines = new Deadlines(1000);
	const [first, second, third] = [1, 2, 3].map(() => deadlines.begin(() => undefined));
	if (!first || !second || !third) return t.fail();
	deadlines.end(second);
	t.deepEqual([second.previous, second.next], [undefined, undefined]);
	t.is(first.next, third);
	t.is(third.previous, first);
	deadlines.end(first);
	deadlines.end(third);
});
