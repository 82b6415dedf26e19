import type {VisitContext} from './visit.ts';

/** What somebody has who copied the cookies of a request. */
export type Copy = {
	/** A command that uses them. */
	readonly command: string;

	/** From when on they open nothing. */
	readonly deadAt: Date;
};

/** How much longer than its time the server takes a proof for good: clocks may differ. */
const clockSkew = 60_000;

/** Copies the cookies of a request. `undefined` if its session isn't bound: then a copy is as good as the original. */
export const copyOf = (ctx: VisitContext): Copy | undefined => {
	if (!ctx.session.isBound) return undefined;

	const names = ['sid', 'sid-bound'];
	const values = names.map(name => `${name}=${ctx.cookies.get(name, {signed: false}) ?? ''}`);
	// The middle part is its end, in milliseconds since the epoch.
	const [, end = ''] = (ctx.cookies.get('sid-bound', {signed: false}) ?? '').split('.');
	return {
		command: `curl --insecure --silent --header 'Cookie: ${values.join('; ')}' ${ctx.protocol}://${ctx.host}/account | grep '<h1>'`,
		deadAt: new Date(Number.parseInt(end, 36) + clockSkew),
	};
};
