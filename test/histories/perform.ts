import type {Session, SessionMiddleware} from '../../source/index.ts';
import type {Act, Report, View} from './checker/history.ts';

type AnySession = Session<Record<string, unknown>>;

/** What an application does for a request, and what it does it with. */
export type Performance = {
	readonly session: AnySession;
	readonly sessions: SessionMiddleware<Record<string, unknown>>;

	/** The request's own number: what it writes and says. */
	readonly number: number;
	readonly act: Act;
};

/** What a route finds. */
export const look = (session: AnySession): View => {
	const nested = (session['nested'] ?? {}) as Record<string, number>;
	const fields: Record<string, number> = {};
	for (const field of ['a', 'b']) if (session[field] !== undefined) fields[field] = Number(session[field]);
	for (const [field, value] of Object.entries(nested)) fields[`nested ${field}`] = value;
	return {
		session: session['began'] as number | undefined,
		user: session['user'] as string | undefined,
		fields,
		count: Number(session['count'] ?? 0),
		expiresAt: session.expiresAt.getTime(),
	};
};

/** Does what a request asks for. The application keeps in each session which request began it. */
export const perform = async ({session, sessions, number, act}: Performance): Promise<Omit<Report, 'saw'>> => {
	switch (act.do) {
		case 'read':
			return {};
		case 'write':
			write(session, act.field, number);
			session['began'] ??= number;
			return {};
		case 'unset':
			write(session, act.field, undefined);
			return {};
		case 'increment':
			return {
				made: await session.update(newest => {
					newest['began'] ??= number;
					return count(newest);
				}),
			};
		case 'increment outside': {
			let made = 0;
			const isAlive = await sessions.update({id: session.id}, newest => {
				made = count(newest);
			});
			return isAlive ? {made} : {};
		}
		case 'write all':
			await sessions.updateAll(act.user, newest => write(newest, act.field, number));
			return {};
		case 'flash':
			session.flash('info', number);
			session['began'] ??= number;
			return {};
		case 'take':
			return {took: session.flashes('info') as number[]};
		case 'take exactly':
			return {took: await session.update(newest => newest.flashes('info') as number[])};
		case 'log in':
			await session.regenerate();
			session.subject = act.user;
			session['user'] = act.user;
			session['began'] ??= number;
			if (act.keep !== undefined) {
				await session.save();
				await sessions.revoke(act.user, {keep: act.keep, except: session.id});
			}
			return {};
		case 'log out':
			await session.destroy();
			return {};
		case 'revoke':
			await sessions.revoke(act.user);
			return {};
		case 'revoke others':
			await sessions.revoke(act.user, {except: session.id});
			return {};
	}
};

const count = (session: AnySession): number => {
	const made = Number(session['count'] ?? 0) + 1;
	session['count'] = made;
	return made;
};

const write = (session: AnySession, field: string, value: number | undefined): void => {
	const [name = '', inner] = field.split(' ');
	if (inner === undefined) {
		if (value === undefined) delete session[name];
		else session[name] = value;
		return;
	}

	if (value !== undefined) session[name] ??= {};
	const nested = session[name] as Record<string, number> | undefined;
	if (value !== undefined) Object.assign(nested ?? {}, {[inner]: value});
	else if (nested) delete nested[inner];
};
