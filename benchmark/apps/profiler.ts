import type {Runtime} from 'node:inspector';
import {Session} from 'node:inspector/promises';

/** A kind of code. */
export type Place = (typeof places)[number];

export const places = [
	'the session',
	'the client of Redis',
	'Koa',
	'writing to sockets',
	'garbage collection',
	'Node and V8',
] as const;

/** How long a process was in each place, in microseconds. Waiting for requests isn't counted. */
export type Whereabouts = Readonly<Record<Place, number>>;

const session = new Session();
session.connect();

/** In microseconds. More often would slow down what is measured. */
const interval = 150;

/** Begins to look where this process is. */
export const startProfile = async (): Promise<void> => {
	await session.post('Profiler.enable');
	await session.post('Profiler.setSamplingInterval', {interval});
	await session.post('Profiler.start');
};

/** Ends what `startProfile()` began. */
export const stopProfile = async (): Promise<Whereabouts> => {
	const {profile} = await session.post('Profiler.stop');
	const frames = new Map(profile.nodes.map(({id, callFrame}) => [id, callFrame]));
	const spent: Record<Place, number> = {
		'the session': 0,
		'the client of Redis': 0,
		Koa: 0,
		'writing to sockets': 0,
		'garbage collection': 0,
		'Node and V8': 0,
	};
	for (const [index, id] of (profile.samples ?? []).entries()) {
		const place = placeOf(frames.get(id));
		if (place) spent[place] += profile.timeDeltas?.[index] ?? 0;
	}
	return spent;
};

const placeOf = (frame: Runtime.CallFrame | undefined): Place | undefined => {
	const {functionName = '', url = ''} = frame ?? {};
	if (functionName === '(idle)') return undefined;
	if (functionName === '(garbage collector)') return 'garbage collection';
	if (url === '' && functionName.startsWith('write')) return 'writing to sockets';
	// Koa is installed beside the sessions, and so is what they need.
	if (/\/node_modules\/(?:ioredis|@ioredis|redis-\w+|denque|standard-as-callback)\//.test(url))
		return 'the client of Redis';
	if (/\/node_modules\/(?:keygrip|tsscmp|cookie)\//.test(url)) return 'the session';
	if (url.includes('/node_modules/')) return 'Koa';
	return url.startsWith('file:') ? 'the session' : 'Node and V8';
};
