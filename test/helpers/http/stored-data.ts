import type {IncomingMessage} from 'node:http';
import type {SessionMiddleware} from '../../../source/index.ts';

/** What is stored for a client, `undefined` if its cookie opens nothing. */
export const storedData = async (
	sessions: SessionMiddleware,
	{cookie}: {readonly cookie: string},
): Promise<Record<string, unknown> | undefined> => {
	const request = {headers: {cookie}, method: 'GET', url: '/', socket: {}};
	const session = await sessions.fromRequest(request as unknown as IncomingMessage);
	return session && {...session};
};
