import {SessionError} from '../../errors.ts';

/** How often a walk begins at most. It must end. */
const mostStarts = 10;

/** What a server gives for a cursor. The next cursor is `0` at the end. */
type Page<Found> = {readonly next: string; readonly found: Found};

/** How a walk follows its cursor. */
type Walking<Found> = {
	ask(cursor: string): Promise<Page<Found>>;

	/** How many connections were lost so far. */
	breaks(): number;

	/** Whether the walk may give a second time what it gave before. */
	readonly canRepeat: boolean;
};

/**
Follows a cursor of `SCAN` or `ZSCAN` to the end.

A cursor counts only in the process of the server that gave it. In another one, it leaves out what comes before it there. So
after a connection was lost, which may be to a server that restarted or has a successor, the walk begins again.

@throws SessionError If it would have to give something a second time, and may not.
*/
export async function* followCursor<Found>({
	ask,
	breaks,
	canRepeat,
}: Walking<Found>): AsyncGenerator<Found, void, undefined> {
	for (let starts = 1; starts <= mostStarts; starts++) {
		const before = breaks();
		const isSame = (): boolean => breaks() === before;
		let cursor = '0';
		do {
			const {next, found} = await ask(cursor);
			// The client may have sent the cursor again, to another server. The first one counts everywhere.
			const isOver = next === '0' && (cursor === '0' || isSame());
			// Nothing was given yet.
			if (!canRepeat && cursor === '0' && !isOver && !isSame()) break;
			yield found;
			if (isOver) return;
			cursor = next;
		} while (isSame());
		if (!canRepeat && cursor !== '0') break;
	}
	throw new SessionError(
		'ERR_SESSION_STORE',
		'A connection to Redis was lost while keys were listed, and only some were given. Try again',
	);
}
