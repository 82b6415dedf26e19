import {setTimeout} from 'node:timers/promises';
import test from 'ava';
import {patience, Queue} from '../../source/records/queue.ts';
import {stopwatch} from '../helpers/order/stopwatch.ts';

// The turns of requests that write one session.

test('turns come in order, one at a time; the end of a session comes first', async t => {
	const queue = new Queue();
	const order: string[] = [];
	const first = await queue.take('key', {});
	const enter = async (name: string, isUrgent = false) => {
		const turn = await queue.take('key', {}, patience.function, isUrgent);
		order.push(name);
		await Promise.resolve();
		order.push(`${name} ends`);
		turn.end();
	};
	const all = Promise.all([enter('second'), enter('third'), enter('end', true)]);
	t.deepEqual(order, []);
	t.is(queue.takeIfFree('key', {}), undefined);
	first.end();
	await all;
	t.deepEqual(order, ['end', 'end ends', 'second', 'second ends', 'third', 'third ends']);
	t.truthy(queue.takeIfFree('key', {}), 'nothing is left');
});

test('sessions don’t wait for each other', async t => {
	const queue = new Queue();
	t.truthy(queue.takeIfFree('one', {}));
	t.truthy(queue.takeIfFree('another', {}));
});

test('the owner of a turn has another one within it, which ends nothing', async t => {
	const queue = new Queue();
	const owner = {};
	const turn = await queue.take('key', owner);
	(await queue.take('key', owner)).end();
	t.true(turn.isCurrent);
	t.is(queue.takeIfFree('key', {}), undefined);
});

test('a turn that takes too long is passed on, and its late end takes nothing from the next one', async t => {
	// The limits of turns keep no process alive.
	const alive = setInterval(() => undefined, 1000);
	t.teardown(() => clearInterval(alive));
	const queue = new Queue();
	const slow = await queue.take('key', {});
	const next = await queue.take('key', {});
	t.false(slow.isCurrent);
	slow.end();
	t.true(next.isCurrent);

	const elapsed = stopwatch(t);
	const urgent = await queue.take('key', {}, patience.function, true);
	t.true(elapsed() < patience.call);
	t.true(urgent.isCurrent);
});

test('a turn that is over leads to nobody, since a map may remember it for long', async t => {
	const queue = new Queue();
	const turn = await queue.take('key', {});
	const next = queue.take('key', {});
	turn.end();
	t.like(turn, {owner: undefined, waiting: undefined});
	(await next).end();
	t.like(await next, {owner: undefined, waiting: undefined});
});

test('who waits for a turn never lengthens it, and the end of a session never waits longer than it must', async t => {
	const alive = setInterval(() => undefined, 1000);
	t.teardown(() => clearInterval(alive));
	const queue = new Queue();
	await queue.take('key', {});
	const elapsed = stopwatch(t);
	let isOver = false;
	const first = queue.take('key', {}, patience.function, true).then(turn => {
		isOver = true;
		turn.end();
		return elapsed();
	});
	while (!isOver) {
		void queue.take('key', {}, patience.function, true).then(turn => turn.end());
		await setTimeout(patience.end / 2);
		if (elapsed() > 10 * patience.end) return t.fail('others keep a turn alive that hangs');
	}
	t.true((await first) < 10 * patience.end);

	const other = new Queue();
	await other.take('key', {}, patience.function);
	const measured = stopwatch(t);
	const end = () => other.take('key', {}, patience.function, true);
	await Promise.all([end(), end()]);
	t.true(measured() < patience.function, 'of two ends, the second one waits no longer for the first');
});
