import test from 'ava';
import fc from 'fast-check';
import type {Flashes} from '../../source/codec.ts';
import {FlashQueue, mergeFlashes} from '../../source/request/flashes.ts';

const queueOf = (...messages: readonly (readonly [kind: string, message: unknown])[]): FlashQueue => {
	const queue = new FlashQueue(undefined);
	for (const [kind, message] of messages) queue.add(kind, message);
	return queue;
};

test('what is added is taken once, by kind, the oldest first', t => {
	const queue = queueOf(['info', 1], ['error', 2], ['info', 3]);
	t.deepEqual(queue.take('info'), [1, 3]);
	t.deepEqual(queue.take('info'), []);
	t.deepEqual(queue.take('__proto__'), []);
	t.deepEqual(queue.take('error'), [2]);
	t.is(queue.waiting, undefined, 'as if there had never been any');
});

test('at most 50 wait, and the oldest go, also when two requests are merged', t => {
	const numbers = (first: number, count: number) => Array.from({length: count}, (_, index) => first + index);
	const queue = queueOf(...numbers(0, 60).map(number => ['a', number] as const));
	t.deepEqual(new FlashQueue(queue.waiting).take('a'), numbers(10, 50));

	const [theirs, mine] = [new FlashQueue(queue.waiting), new FlashQueue(queue.waiting)];
	for (const number of numbers(60, 30)) theirs.add('a', number);
	for (const number of numbers(90, 30)) mine.add('b', number);
	const merged = new FlashQueue(mergeFlashes(queue.waiting, theirs.waiting, mine.waiting));
	t.is(Object.keys(merged.waiting ?? {}).length, 50);
	t.deepEqual(merged.take('b'), numbers(90, 30));
	t.deepEqual(merged.take('a'), numbers(70, 20));
});

test('what waits is never changed in place, so that what a request read stays as it was', t => {
	const queue = queueOf(['info', 1]);
	const before = queue.waiting;
	const copy = structuredClone(before);
	queue.add('info', 2);
	queue.take('info');
	t.deepEqual(before, copy);
});

test('property: of two requests, a merge keeps what either added and lets go what either took', t => {
	const texts = fc.array(fc.integer(), {maxLength: 4});
	fc.assert(
		fc.property(texts, texts, texts, fc.boolean(), fc.boolean(), (old, mine, theirs, iTake, theyTake) => {
			const base = queueOf(...old.map(message => ['a', message] as const)).waiting;
			const change = (takes: boolean, added: readonly number[]): Flashes | undefined => {
				const queue = new FlashQueue(base);
				if (takes) queue.take('a');
				for (const message of added) queue.add('a', message);
				return queue.waiting;
			};
			const merged = mergeFlashes(base, change(theyTake, theirs), change(iTake, mine));
			const expected = [...(iTake || theyTake ? [] : old), ...theirs, ...mine];
			t.deepEqual(new FlashQueue(merged).take('a'), expected);
			return merged === undefined || expected.length > 0;
		}),
	);
});

test('names never have the form of an array index, whose order would be another', t => {
	const names = Array.from({length: 200}, () => Object.keys(queueOf(['a', 1]).waiting ?? {})).flat();
	t.is(new Set(names).size, 200);
	for (const name of names) t.regex(name, /^[\w-]{12}$/);
});
