import {setImmediate as nextTurn} from 'node:timers/promises';
import test from 'ava';
import {SessionError} from '../../source/errors.ts';
import {inParallel} from '../../source/records/parallel.ts';

const keys = Array.from({length: 100}, (_, index) => `${index}`);

test('sixteen at a time are worked on, each as soon as the walk comes to it', async t => {
	let [underWay, most] = [0, 0];
	const begun: string[] = [];
	async function* walk() {
		for (const key of keys) {
			yield key;
			t.is(begun.at(-1), key);
		}
	}
	await inParallel(walk(), async key => {
		begun.push(key);
		most = Math.max(most, ++underWay);
		await nextTurn();
		underWay--;
	});
	t.deepEqual(begun, keys);
	t.is(most, 16);
	t.is(underWay, 0);
});

test('one that fails keeps no other from being worked on, and is reported in the end', async t => {
	const done: string[] = [];
	const conflict = new SessionError('ERR_SESSION_CONFLICT', 'Others were faster');
	const work = async (key: string) => {
		await nextTurn();
		if (key === '5') throw conflict;
		done.push(key);
	};
	t.is(await t.throwsAsync(inParallel(keys, work)), conflict);
	t.is(done.length, 99);
});

test('a fault of the store ends the work, as a fault of the walk does, after all that began', async t => {
	const fault = new SessionError('ERR_SESSION_STORE', 'It is down');
	for (const failing of ['store', 'walk']) {
		let [begun, ended] = [0, 0];
		function* walk() {
			for (const key of keys) {
				if (failing === 'walk' && key === '5') throw fault;
				yield key;
			}
		}
		const work = async (key: string) => {
			begun++;
			await nextTurn();
			ended++;
			if (failing === 'store' && key === '5') throw fault;
		};
		t.is(await t.throwsAsync(inParallel(walk(), work)), fault);
		t.true(begun < 40, `${failing}: ${begun}`);
		t.is(ended, begun);
	}
});
