import type {SessionMiddleware} from '../source/index.ts';
import type {Visit, VisitContext} from './visit.ts';

/** The device on which somebody logged in, as their session describes it. */
export type Device = {
	/** For example “Firefox on Windows”. */
	readonly agent: string;

	/** The network address. */
	readonly place: string;
};

/** A device on which a user is logged in. */
export type LoggedInDevice = Device & {
	readonly handle: string;

	/** Whether the request comes from it. */
	readonly isThis: boolean;

	/** Whether the session is bound to a key in it, so that a copied cookie is useless. */
	readonly isBound: boolean;
	readonly expiresAt: Date;

	/** `undefined` if the store can't list the session. */
	readonly times: {readonly createdAt: Date; readonly lastSeenAt: Date} | undefined;
};

/** On how many devices a user can be logged in. A login ends the session that was used longest ago. */
export const mostDevices = 3;

/** How much later than `lastSeenAt` the last use may be: the `touchAfter` option. */
export const exactness = {text: '5m', minutes: 5} as const;

/** Describes the device of a request. It is kept in the session, since nothing else is known about it later. */
export const deviceOf = (ctx: VisitContext): Device => ({
	agent: describeAgent(ctx.get('User-Agent')),
	place: ctx.ip.replace(/^::ffff:/, ''),
});

/**
Lists the devices of the user: the one in use first, then the others by their last use.

@param sessions `undefined` if the store can't list. Then only the device in use is known.
*/
export const listDevices = async (
	ctx: VisitContext,
	sessions: SessionMiddleware<Visit> | undefined,
): Promise<readonly LoggedInDevice[]> => {
	const {handle: own, subject, device = unknown, expiresAt, isBound: isProved} = ctx.session;
	const others: LoggedInDevice[] = [];
	let times: LoggedInDevice['times'];
	if (sessions && subject !== undefined) {
		for await (const {handle, createdAt, lastSeenAt, expiresAt, isBound, data} of sessions.list(subject)) {
			if (handle === own) times = {createdAt, lastSeenAt};
			else {
				const times = {createdAt, lastSeenAt};
				others.push({...(data.device ?? unknown), handle, isThis: false, isBound, expiresAt, times});
			}
		}
	}

	others.sort((one, other) => lastSeen(other) - lastSeen(one));
	return [{...device, handle: own, isThis: true, isBound: isProved, expiresAt, times}, ...others];
};

/**
Logs out one device if it belongs to the user. Any other handle, forged or stolen, does nothing.

@returns The device. `undefined` if the user has no such device.
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

/** Browsers that claim to be others come first. */
const browsers: ReadonlyArray<readonly [RegExp, string]> = [
	[/\bEdg(e|A|iOS)?\//, 'Edge'],
	[/\bOPR\//, 'Opera'],
	[/\bSamsungBrowser\//, 'Samsung Internet'],
	[/\b(Firefox|FxiOS)\//, 'Firefox'],
	[/\bChromium\//, 'Chromium'],
	[/(Chrome|CriOS)\//, 'Chrome'],
	[/\bSafari\//, 'Safari'],
	[/^curl\//, 'curl'],
];

const systems: ReadonlyArray<readonly [RegExp, string]> = [
	[/\bAndroid\b/, 'Android'],
	[/\biPhone\b/, 'iPhone'],
	[/\biPad\b/, 'iPad'],
	[/\bWindows\b/, 'Windows'],
	[/\bCrOS\b/, 'ChromeOS'],
	[/\bMac(intosh| OS X)\b/, 'macOS'],
	[/\b(Linux|X11)\b/, 'Linux'],
];

/** Describes a browser for people, such as “Firefox on Windows”. A client can send anything in this header. */
const describeAgent = (userAgent: string): string => {
	const find = (names: ReadonlyArray<readonly [RegExp, string]>) =>
		names.find(([pattern]) => pattern.test(userAgent))?.[1];
	const [browser, system] = [find(browsers), find(systems)];
	return system ? `${browser ?? 'Some browser'} on ${system}` : (browser ?? 'Some device');
};
