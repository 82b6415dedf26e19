/** How the cases read the time and let it pass: faked for a store that uses `Date.now()`, real for a server. */
export interface Clock {
	/** Milliseconds since the epoch. */
	now(): number;

	/** Lets that many milliseconds pass, or a few more. */
	advance(milliseconds: number): Promise<void>;

	/** The precision of the store's expiries, in milliseconds: 1 if they are exact, 1000 for whole seconds. */
	readonly precision: number;
}

/**
Makes a clock of real time, for a store whose server measures the time.

@example
import {systemClock} from 'koa-server-session/testing';

const clock = systemClock({precision: 1000});
*/
export const systemClock = ({precision = 1}: {readonly precision?: number} = {}): Clock => ({
	now: () => Date.now(),
	async advance(milliseconds) {
		// A timer may fire a little early by the clock of `Date`.
		for (const end = Date.now() + milliseconds; Date.now() < end; ) {
			await new Promise<void>(resolve => setTimeout(resolve, end - Date.now()));
		}
	},
	precision,
});
