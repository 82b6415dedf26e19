import type {State, StoredSession} from '../records/stored-session.ts';
import {warnOnce} from '../warning.ts';
import type {RequestSession} from './request-session.ts';

/**
Warns once, in development, of a login that leaves the session under the id that the client came with.

Someone who planted that id in the browser before would be logged in too.
*/
export const warnOfFixation = ({client}: RequestSession, {id, record}: StoredSession, {subject}: State): void => {
	if (subject === undefined || record.subject !== undefined || !client.cameWith(id)) return;
	if (process.env['NODE_ENV'] === 'production') return;
	warnOnce(
		'FIXATION',
		'`ctx.session.subject` was set, but the session keeps its id. Someone who knows that id is logged in too. ' +
			'Call `await ctx.session.regenerate()` before you set it',
	);
};
