import test from 'ava';
import {openInProcess} from '../../source/testing/index.ts';
import {keysOf} from '../helpers/stores/keys-of.ts';

/** A store that says what it was asked, and can't be closed. */
const module = `data:text/javascript,${encodeURIComponent(`
	export const open = () => ({
		read: async (...parameters) => parameters,
		async *keys(prefix) {
			yield [prefix + 'a'];
			yield [prefix + 'b'];
		},
		async close() {
			throw new Error('still busy');
		},
	});
`)}`;

test('a store in another process gets all that it is asked, and its process ends even if it can’t be closed', async t => {
	const store = await openInProcess(module);
	t.deepEqual((await store.read('key', {mayBeOld: true})) as unknown, ['key', {mayBeOld: true}]);
	t.deepEqual(await keysOf(store.keys?.('session:')), ['session:a', 'session:b']);
	t.is(store.bySubject, undefined);

	await t.throwsAsync(async () => store.close?.(), {message: 'still busy'});
	await t.throwsAsync(store.read('key'), {message: /closed/});
});
