import {SessionError} from '../../errors.ts';
import type {RedisCommands} from './commands.ts';

/** What a server gives for a cursor. The next cursor is `0` at the end. */
type Page<Found> = {readonly next: string; readonly found: Found};

/** After how many lost connections a walk gives up: it must end. */
const mostStarts = 10;

/**
Follows a cursor of `SCAN` or `ZSCAN` to the end.

A cursor counts only in the process of the server that gave it. In another one, it leaves out what comes before it there. So
after a connection was lost, which may be to a server that restarted or has a successor, the walk begins again, and gives
most of what it gave before a second time.
*/
export async function* followCursor<Found>(
	commands: RedisCommands,
	ask: (cursor: string) => Promise<Page<Found>>,
): AsyncGenerator<Found, void, undefined> {
	for (let start = 0; start < mostStarts; start++) {
		const losses = commands.losses();
		const isSame = (): boolean => commands.losses() === losses;
		let cursor = '0';
		do {
			const {next, found} = await ask(cursor);
			// The client may have sent the cursor again, to another server.
			const isOver = next === '0' && isSame();
			yield found;
			if (isOver) return;
			cursor = next;
		} while (isSame());
	}
	throw new SessionError(
		'ERR_SESSION_STORE',
		`Connections to Redis were lost ${mostStarts} times while keys were listed. Try again once they last`,
	);
}
