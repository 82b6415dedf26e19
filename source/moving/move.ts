import type {Context, Middleware} from 'koa';
import {checkFunction, checkObject, checkSyncFunction, unexpected} from '../options/checks.ts';
import {checkNames} from '../options/names.ts';
import type {Adoption, OldSession} from '../request/adoption.ts';
import type {Data} from '../session.ts';

/** What `session()` returns, whatever its sessions hold. */
export type Adopting = {adopt(ctx: Context, old: OldSession<never>): Promise<Adoption>};

/** How sessions are moved, from any library. */
export type MovingOptions = {
	/**
	When old cookies stop counting. If left out, they count as long as this middleware is in use.

	A stolen cookie that holds a whole session can be replayed until it expires, even after a logout. Only this ends it.
	*/
	readonly until?: Date | undefined;

	/**
	Turns the old data into what `ctx.session` holds. Must not be async.

	Needed if the old data uses a reserved name, such as `id` or `save`.
	@default data => data
	*/
	readonly upgrade?: ((data: Data) => Data) | undefined;

	/**
	Returns whose session it is, so that `sessions.list()` and `sessions.revoke()` find it. Must not be async.

	It gets the old data, as it was before `upgrade`.
	*/
	readonly subject?: ((data: Data) => string | undefined) | undefined;
};

/** A session of another library. */
export type LeftSession = OldSession & {
	/** Expires the old cookies. */
	forget(): void;
};

/** Makes the middleware that moves every session that `find` finds in a request. */
export const move = (
	sessions: Adopting,
	find: (ctx: Context) => LeftSession | undefined,
	options: MovingOptions = {},
): Middleware => {
	checkFunction('sessions.adopt', sessions?.adopt);
	const {upgrade = same, subject = nobody, until} = check(options);

	return async function moving(ctx, next) {
		const old = until !== undefined && Date.now() >= until.getTime() ? undefined : find(ctx);
		if (old) {
			const read = async () => {
				const content = await old.read();
				// An empty session isn't worth moving.
				if (!content || Object.keys(content.data).length === 0) return undefined;
				// The subject first: `upgrade` may change the data in place.
				return {...content, subject: subject(content.data), data: upgrade(content.data)};
			};

			const adoption = await sessions.adopt(ctx, {...old, read} as OldSession<never>);
			if (adoption !== 'refused' && !ctx.headerSent) old.forget();
		}

		return next();
	};
};

const same = (data: Data): Data => data;
const nobody = (): undefined => undefined;

const check = (options: MovingOptions): MovingOptions => {
	checkObject('options', options, 'an object');
	checkNames(options, ['until', 'upgrade', 'subject']);
	const {until, upgrade = same, subject = nobody} = options;
	if (until !== undefined && !(until instanceof Date && Number.isFinite(until.getTime()))) {
		throw unexpected('until', 'a valid `Date`', until);
	}

	checkSyncFunction('upgrade', upgrade);
	checkSyncFunction('subject', subject);
	return options;
};
