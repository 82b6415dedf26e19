import type {Flashes} from '../codec.ts';
import {drawText} from '../tokens/random.ts';
import {merge} from './merge.ts';

/**
The random octets in a message's name: enough that two requests never draw the same.

Its 12 characters are also too long for an array index. An index would come before all other keys.
*/
const nameOctets = 9;

/** How many messages wait at most. Each failed login adds one, and nobody may ever look at them. */
const mostWaiting = 50;

/**
Flash messages that wait. `undefined` stands for none, so that a session without messages is stored as if there were
none.

Each has its own key, so that a three-way merge keeps what two requests added, and drops what one of them took.
*/
export class FlashQueue {
	waiting: Flashes | undefined;

	constructor(waiting: Flashes | undefined) {
		this.waiting = waiting;
	}

	/** The kinds of the messages that wait. */
	get kinds(): readonly string[] {
		return [...new Set(Object.values(this.waiting ?? {}).map(([kind]) => kind))];
	}

	/** Adds a message after the others. If too many wait, the oldest go. */
	add(kind: string, message: unknown): void {
		this.waiting = newest({...this.waiting, [drawText(nameOctets, 'base64url')]: [kind, message]});
	}

	/** Takes the messages of a kind, oldest first. */
	take(kind: string): unknown[] {
		if (!this.waiting) return [];
		const entries = Object.entries(this.waiting);
		this.waiting = unlessEmpty(Object.fromEntries(entries.filter(([, [other]]) => other !== kind)));
		return entries.flatMap(([, [other, message]]) => (other === kind ? [message] : []));
	}
}

/** Merges what two requests added and took. */
export const mergeFlashes = (
	base: Flashes | undefined,
	theirs: Flashes | undefined,
	mine: Flashes | undefined,
): Flashes | undefined =>
	theirs || mine ? unlessEmpty(newest(merge(base ?? {}, theirs ?? {}, mine ?? {}) as Flashes)) : undefined;

const newest = (flashes: Flashes): Flashes => {
	const entries = Object.entries(flashes);
	return entries.length > mostWaiting ? Object.fromEntries(entries.slice(-mostWaiting)) : flashes;
};

const unlessEmpty = (flashes: Flashes): Flashes | undefined => (Object.keys(flashes).length > 0 ? flashes : undefined);
