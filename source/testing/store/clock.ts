/** How the cases know and pass time, the store's own: faked if the store asks `Date.now()`, real for a server. */
export interface Clock {
	/** Milliseconds since the epoch. */
	now(): number;

	/** Lets that many milliseconds pass, or a few more. */
	advance(milliseconds: number): Promise<void>;

	/** In steps of how many milliseconds the store keeps an expiry: 1 for exact ones, 1000 for whole seconds. */
	readonly precision: number;
}

/**
Makes a clock of real time, for a store whose server measures time itself.

@example
import {systemClock} from 'koa-server-session/testing';

const clock = systemClock({precision: 1000});
*/
export const systemClock = ({precision = 1}: {readonly precision?: number} = {}): Clock => ({
	now: () => Date.now(),
	async advance(milliseconds) {
		// A timer may fire a little early by the clock that tells the date.
		for (const end = Date.now() + milliseconds; Date.now() < end; ) {
			await new Promise<void>(resolve => setTimeout(resolve, end - Date.now()));
		}
	},
	precision,
});
