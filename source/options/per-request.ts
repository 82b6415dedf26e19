import type {Context} from 'koa';
import {checkSyncFunction, isPromise, quote, unexpected} from './checks.ts';

/** What an option says about one request. */
export type PerRequest = (ctx: Context) => boolean;

const never: PerRequest = () => false;
const always: PerRequest = () => true;

/** Refuses a function that returns a promise: it is truthy, so the answer would be yes for every request. */
export const checkPerRequest = (name: string, ask: PerRequest): PerRequest => {
	checkSyncFunction(name, ask);
	return ctx => {
		const answer = ask(ctx);
		if (isPromise(answer)) throw unexpected(`${name}(ctx)`, '`true` or `false`', answer);
		return answer;
	};
};

/** Reads `skip`. */
export const resolveSkip = (skip: PerRequest = never): PerRequest =>
	skip === never ? skip : checkPerRequest('skip', skip);

/** Reads `extend`. Refuses anything but a boolean: with a forgotten `return`, no session would ever be extended. */
export const resolveExtend = (extend: PerRequest = always): PerRequest => {
	if (extend === always) return extend;
	checkSyncFunction('extend', extend);
	return ctx => {
		const answer = extend(ctx);
		if (typeof answer !== 'boolean') throw unexpected('extend(ctx)', '`true` or `false`', answer, quote(answer));
		return answer;
	};
};
