import type {Output} from '../command.ts';
import {count, duration, printable} from '../printable.ts';

/** Shows the progress of a migration on standard error. */
export interface Progress {
	/** Whether to count all sessions first. */
	readonly wantsTotal: boolean;

	/** @param total `undefined` if unknown. */
	update(done: number, total: number | undefined): void;

	/** Prints a line that stays. It may hold a store's words. */
	note(line: string): void;
	end(): void;
}

/** For programs, which read only the answer. */
export const silent: Progress = {wantsTotal: false, update() {}, note() {}, end() {}};

/** A bar on a terminal; elsewhere a line every 10 seconds. It needs no timer, since updates come often enough. */
export const progressOn = (output: Output): Progress => {
	const isTerminal = output.isTTY === true;
	const interval = isTerminal ? 100 : 10_000;
	const startedAt = performance.now();
	let shownAt = isTerminal ? 0 : startedAt;
	let shown = '';

	const clear = (): void => {
		if (shown !== '') output.write('\r\u001B[K');
		shown = '';
	};
	return {
		wantsTotal: isTerminal,
		update(done, total) {
			const now = performance.now();
			if (now - shownAt < interval && done !== total) return;

			shownAt = now;
			const line = lineOf(done, total, now - startedAt);
			if (!isTerminal) {
				output.write(`${line}\n`);
			} else if (line !== shown) {
				output.write(`\r\u001B[K${line}`);
				shown = line;
			}
		},
		note(line) {
			clear();
			output.write(`${printable(line)}\n`);
		},
		end: clear,
	};
};

const barLength = 30;

const lineOf = (done: number, total: number | undefined, elapsed: number): string => {
	if (total === undefined) return count(done, 'session');

	// New sessions may have come since they were counted.
	const part = Math.min(1, done / Math.max(total, 1));
	const full = Math.round(part * barLength);
	const bar = '█'.repeat(full) + '░'.repeat(barLength - full);
	const left = part > 0 && part < 1 ? `, ${duration((elapsed / part) * (1 - part))} left` : '';
	return `${bar} ${Math.floor(part * 100)} %, ${done.toLocaleString('en')} of ${count(total, 'session')}${left}`;
};
