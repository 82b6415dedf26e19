import type {Context} from 'koa';
import {checkSyncFunction, isPromise, quote, unexpected} from './checks.ts';

/** What an option says about one request. */
export type PerRequest = (ctx: Context) => boolean;

const never: PerRequest = () => false;
const always: PerRequest = () => true;

/** Reads `skip`. Refuses a promise: it is truthy, so every request would be skipped. */
export const resolveSkip = (skip: PerRequest = never): PerRequest => {
	if (skip === never) return skip;
	checkSyncFunction('skip', skip);
	return ctx => {
		const answer = skip(ctx);
		if (isPromise(answer)) throw unexpected('skip(ctx)', '`true` or `false`', answer);
		return answer;
	};
};

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
