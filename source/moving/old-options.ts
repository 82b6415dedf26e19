import {checkFunction, checkObject, checkOneOf, isPromise, unexpected} from '../options/checks.ts';

/** @throws TypeError If it isn't a store: every request with an old cookie would fail. */
export const checkOldStore = (store: {readonly get: unknown; readonly destroy: unknown}): void => {
	checkObject('store', store, 'the store that the old library had');
	checkFunction('store.get', store.get);
	checkFunction('store.destroy', store.destroy);
};

/** @throws TypeError If it is neither `true` nor `false`. The `cookies` module would take `null` for `false`. */
export const checkSigned = (name: string, signed: boolean | undefined): void => {
	if (signed !== undefined) checkOneOf(name, signed, [true, false]);
};

/** @throws TypeError If `valid` returned a promise, which counts as true: every session would be valid. */
export const checkAnswer = (answer: unknown): unknown => {
	if (isPromise(answer)) throw unexpected('valid()', '`true` or `false`', answer);
	return answer;
};
