import {syncBuiltinESMExports} from 'node:module';
import timers from 'node:timers/promises';
import type {Scheduler} from './scheduler.ts';

/**
Puts simulated time and seeded chance in place of the real ones, while `work` runs. Everything that runs in this process at
that time gets them, so `work` must not wait for anything real.
*/
export const underSimulatedTime = async <Result>(
	current: () => {readonly scheduler: Scheduler; readonly random: () => number},
	work: () => Promise<Result>,
): Promise<Result> => {
	const real = {
		now: Date.now,
		random: Math.random,
		setTimeout: globalThis.setTimeout,
		clearTimeout: globalThis.clearTimeout,
		setImmediate: globalThis.setImmediate,
		sleep: timers.setTimeout,
		giveWay: timers.setImmediate,
		performanceNow: performance.now,
	};
	const read = () => {
		const {now, skews, machine} = current().scheduler;
		return now + (skews[machine] ?? 0);
	};
	const start = (run: () => void, delay = 0) => {
		const stop = current().scheduler.setTimer(run, delay);
		return {stop, unref: () => undefined};
	};

	Date.now = read;
	Math.random = () => current().random();
	performance.now = () => current().scheduler.now;
	globalThis.setTimeout = ((run: () => void, delay?: number) => {
		const timer = start(run, delay);
		return Object.assign(timer, {unref: () => timer});
	}) as unknown as typeof setTimeout;
	globalThis.clearTimeout = ((timer?: {stop?: () => void}) => timer?.stop?.()) as typeof clearTimeout;
	globalThis.setImmediate = ((run: () => void) =>
		current().scheduler.add('a turn of the event loop', current().scheduler.machine, run)) as never;
	timers.setTimeout = (delay => new Promise<void>(resolve => start(resolve, delay))) as typeof timers.setTimeout;
	timers.setImmediate = (() => current().scheduler.turn('gives way')) as typeof timers.setImmediate;
	syncBuiltinESMExports();

	try {
		return await work();
	} finally {
		Date.now = real.now;
		Math.random = real.random;
		performance.now = real.performanceNow;
		globalThis.setTimeout = real.setTimeout;
		globalThis.clearTimeout = real.clearTimeout;
		globalThis.setImmediate = real.setImmediate;
		timers.setTimeout = real.sleep;
		timers.setImmediate = real.giveWay;
		syncBuiltinESMExports();
	}
};
