import type {SessionMiddleware} from '../source/index.ts';
import {describeAgent} from './user-agent.ts';
import type {Visit, VisitContext} from './visit.ts';

/** What a session tells of the device on which somebody logged in. */
export type Device = {
	/** As “Firefox on Windows”. */
	readonly agent: string;

	/** The network address. */
	readonly place: string;
};

/** A device on which a user is logged in. */
export type LoggedInDevice = Device & {
	readonly handle: string;

	/** Whether it is the one that asks. */
	readonly isThis: boolean;
	readonly expiresAt: Date;

	/** Known as soon as the store lists the session. */
	readonly times: {readonly createdAt: Date; readonly lastSeenAt: Date} | undefined;
};

/** More than anyone looks through. */
export const mostDevices = 50;

/** How far behind `lastSeenAt` may be: the option `touchAfter`. */
export const exactness = {text: '5m', minutes: 5} as const;

/** Describes the device of a request, to be kept in the session: nothing else is known of it later. */
export const deviceOf = (ctx: VisitContext): Device => ({
	agent: describeAgent(ctx.get('User-Agent')),
	place: ctx.ip.replace(/^::ffff:/, ''),
});

/**
Lists the devices of whoever is logged in, the asking one first and then by last use.

@param sessions `undefined` where the store can't list: then the asking one is all that is known.
*/
export const listDevices = async (
	ctx: VisitContext,
	sessions: SessionMiddleware<Visit> | undefined,
): Promise<readonly LoggedInDevice[]> => {
	const {handle: own, subject, device = unknown, expiresAt} = ctx.session;
	const others: LoggedInDevice[] = [];
	let times: LoggedInDevice['times'];
	if (sessions && subject !== undefined) {
		for await (const {handle, createdAt, lastSeenAt, expiresAt, data} of sessions.list(subject)) {
			if (handle === own) times = {createdAt, lastSeenAt};
			else others.push({...(data.device ?? unknown), handle, isThis: false, expiresAt, times: {createdAt, lastSeenAt}});
			if (others.length === mostDevices) break;
		}
	}

	others.sort((one, other) => lastSeen(other) - lastSeen(one));
	return [{...device, handle: own, isThis: true, expiresAt, times}, ...others];
};

/**
Logs out one device, if it is one of whoever asks: a handle that somebody made up or found elsewhere does nothing.

@returns The device; `undefined` if there was none.
*/
export const endDevice = async (
	ctx: VisitContext,
	sessions: SessionMiddleware<Visit>,
	wanted: string | null,
): Promise<Device | undefined> => {
	const {subject} = ctx.session;
	if (subject === undefined) return undefined;
	for await (const {handle, data} of sessions.list(subject)) {
		if (handle !== wanted) continue;
		await sessions.destroy({handle});
		return data.device ?? unknown;
	}
	return undefined;
};

const unknown: Device = {agent: 'Some device', place: 'unknown'};

const lastSeen = ({times}: LoggedInDevice): number => times?.lastSeenAt.getTime() ?? 0;
