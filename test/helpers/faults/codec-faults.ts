import {inspect} from 'node:util';
import {type Codec, type OpenPassage, open, type Passage, type Stored} from '../../../source/codec.ts';
import {json} from '../../../source/codecs/json.ts';
import {SessionError} from '../../../source/errors.ts';
import type {Envelope} from '../../../source/testing/codec/codec-case.ts';
import {codecCases} from '../../../source/testing/codec/codec-cases.ts';

type EnvelopeCodec = Codec<Envelope>;

const sound: EnvelopeCodec = json();

const empty = (): Envelope => ({createdAt: 0, permanent: true, data: {}});

/** Sound but for what it makes of a session before it encodes it. */
const mapsKept = (map: (session: Envelope, stored: Stored) => Envelope | undefined): EnvelopeCodec =>
	function* (stored, context): Passage<Envelope> {
		const passage = open(sound, stored, context);
		const kept = yield passage.session;
		return passage.close(kept && map(kept, stored));
	};

/** Sound but for what it makes of a session before it yields it. */
const mapsRead = (map: (session: Envelope) => Envelope): EnvelopeCodec =>
	function* (stored, context): Passage<Envelope> {
		const passage = open(sound, stored, context);
		return passage.close(yield passage.session && map(passage.session));
	};

/** Sound but for what it returns, given what it should return. */
const mapsBytes = (map: (kept: Stored, stored: Stored) => Stored): EnvelopeCodec =>
	function* (stored, context): Passage<Envelope> {
		return map(yield* sound(stored, context), stored);
	};

/** Sound, but thinks that nothing changed if this stays the same. */
const compares = (aspect: (session: Envelope) => unknown): EnvelopeCodec =>
	function* (stored, context): Passage<Envelope> {
		const passage = open(sound, stored, context);
		const before = passage.session && aspect(passage.session);
		const kept = yield passage.session;
		if (stored && kept && aspect(kept) === before) return stored;
		return passage.close(kept);
	};

/** Sound but for what it does with undecodable records. */
export const readsGarbage = (react: (stored: Uint8Array, error: unknown) => Envelope): EnvelopeCodec =>
	function* (stored, context): Passage<Envelope> {
		let passage: OpenPassage<Envelope>;
		try {
			passage = open(sound, stored, context);
		} catch (error) {
			yield react(stored ?? new Uint8Array(), error);
			return stored;
		}
		return passage.close(yield passage.session);
	};

/** Sound but for what it does with sessions that can't be encoded. */
const refuses = (react: (session: Envelope | undefined, error: Error, stored: Stored) => Stored): EnvelopeCodec =>
	function* (stored, context): Passage<Envelope> {
		const passage = open(sound, stored, context);
		const kept = yield passage.session;
		try {
			return passage.close(kept);
		} catch (error) {
			return react(kept, error as Error, stored);
		}
	};

const isPlain = (value: unknown): value is Record<string, unknown> =>
	typeof value === 'object' && value !== null && [null, Object.prototype].includes(Object.getPrototypeOf(value));

/** Sound, but replaces some values. */
const loses = <Value>(
	isLost: (value: unknown) => value is Value,
	instead: (value: Value) => unknown,
): EnvelopeCodec => {
	const replace = (value: unknown): unknown => {
		if (isLost(value)) return instead(value);
		if (Array.isArray(value)) return value.map(replace);
		return isPlain(value)
			? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, replace(item)]))
			: value;
	};
	return mapsKept(session => ({...session, data: replace(session.data) as Envelope['data']}));
};

const isString = (value: unknown): value is string => typeof value === 'string';
const isNumber = (value: unknown): value is number => typeof value === 'number';
const isBigInt = (value: unknown): value is bigint => typeof value === 'bigint';
const isDate = (value: unknown): value is Date => value instanceof Date;
const isMap = (value: unknown): value is Map<unknown, unknown> => value instanceof Map;
const isSet = (value: unknown): value is Set<unknown> => value instanceof Set;
const isBuffer = (value: unknown): value is Buffer => Buffer.isBuffer(value);
const isBytes = (value: unknown): value is Uint8Array => value instanceof Uint8Array && !isBuffer(value);
const isArray = (value: unknown): value is unknown[] => Array.isArray(value);
const isNull = (value: unknown): value is null => value === null;
const isUndefined = (value: unknown): value is undefined => value === undefined;
const looksLikeDate = (value: unknown): value is {$date: number} => isPlain(value) && '$date' in value;

const isLarge = (value: unknown): value is Record<string, unknown> =>
	isPlain(value) && Object.keys(value).length > 65_535;

/** What `Object.assign` does to `__proto__`. */
const assigned = (session: Envelope): Envelope => {
	const data: Record<string, unknown> = {};
	for (const [key, value] of Object.entries(session.data)) data[key] = value;
	return {...session, data};
};

const depthOf = (value: unknown): number =>
	typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;

const bounded = mapsKept(session => {
	if (depthOf(session) > 100) throw new RangeError('Too deep');
	return session;
});

const seesTwice = mapsKept(session => {
	const seen = new Set<unknown>();
	const visit = (value: unknown): void => {
		if (!isPlain(value) && !isArray(value)) return;
		if (seen.has(value)) throw new TypeError('Seen before');
		seen.add(value);
		for (const item of Object.values(value)) visit(item);
	};
	visit(session);
	return session;
});

const wantsPrototype = mapsKept(session => {
	if (!Object.getPrototypeOf(session.data)) throw new TypeError('No prototype');
	return session;
});

const yieldsTwice: EnvelopeCodec = function* (stored, context): Passage<Envelope> {
	const passage = open(sound, stored, context);
	yield passage.session;
	return passage.close(yield passage.session);
};

const staysBusy = (): EnvelopeCodec => {
	let isBusy = false;
	return function* (stored, context): Passage<Envelope> {
		if (isBusy) throw new Error('Busy');
		isBusy = true;
		const kept = yield* sound(stored, context);
		isBusy = false;
		return kept;
	};
};

const sharesState = (): EnvelopeCodec => {
	let latest: Stored;
	return function* (stored, context): Passage<Envelope> {
		latest = stored;
		const kept = yield* sound(stored, context);
		return kept === stored ? latest : kept;
	};
};

const caches = (): EnvelopeCodec => {
	const sessions = new Map<string, Envelope>();
	return mapsRead(session => {
		const text = JSON.stringify(session);
		const known = sessions.get(text) ?? session;
		sessions.set(text, known);
		return known;
	});
};

const tidies = mapsKept(session => {
	for (const key of Object.keys(session.data).toSorted()) {
		const value = session.data[key];
		delete session.data[key];
		session.data[key] = value;
	}
	return session;
});

/** Encodes when it is read, as a cache might. */
const procrastinates = (): EnvelopeCodec => {
	const sessions = new WeakMap<Uint8Array, Envelope>();
	return function* (stored, context): Passage<Envelope> {
		const known = stored && sessions.get(stored);
		if (known) {
			yield structuredClone(known);
			return stored;
		}

		const passage = open(sound, stored, context);
		const session = yield passage.session;
		const kept = passage.close(session);
		if (kept && session) sessions.set(kept, session);
		return kept;
	};
};

const overlooksOffset: EnvelopeCodec = function* (stored, context): Passage<Envelope> {
	const passage = open(sound, stored && new Uint8Array(stored.buffer), context);
	const kept = passage.close(yield passage.session);
	return kept && stored && Buffer.compare(kept, stored) === 0 ? stored : kept;
};

const wipes: EnvelopeCodec = function* (stored, context): Passage<Envelope> {
	try {
		return yield* sound(stored, context);
	} finally {
		stored?.fill(0);
	}
};

const reusesMemory = (): EnvelopeCodec => {
	const memory = new Uint8Array(1000);
	return mapsBytes((kept, stored) => {
		if (!kept || kept === stored) return kept;
		memory.set(kept);
		return memory.subarray(0, kept.length);
	});
};

const callsToJson = mapsKept(session => {
	JSON.stringify(session);
	return session;
});

const forgives = refuses((_session, _error, stored) => stored);

const quotesRefused = refuses((session, error) => {
	throw new SessionError('ERR_SESSION_NOT_ENCODABLE', error.message, {cause: inspect(session)});
});

const forgivesItems = refuses((session, error, stored) => {
	if (session?.data['set']) return stored;
	throw error;
});

const quotesGarbage = readsGarbage((stored, cause) => {
	throw new SessionError('ERR_SESSION_UNDECODABLE', `Unexpected end of ${Buffer.from(stored)}`, {cause});
});

const undecodables = (isRead: (stored: Uint8Array) => boolean): EnvelopeCodec =>
	readsGarbage((stored, error) => {
		if (isRead(stored)) return empty();
		throw error;
	});

const besideData = 'a change beside the data is seen: ';

/** Sees no change of one field beside the data. */
const overlooks = (name: string): EnvelopeCodec => compares(session => JSON.stringify({...session, [name]: undefined}));

/** For each case of the contract, a codec that breaks it. */
export const codecFaults: Readonly<Record<string, EnvelopeCodec>> = {
	'comes back as it was: no data': mapsKept(session => (Object.keys(session.data).length > 0 ? session : undefined)),
	'comes back as it was: a session that ends with the browser': mapsKept(session => ({...session, permanent: true})),
	'comes back as it was: flash messages that wait': mapsKept(({flashes, ...session}) =>
		flashes ? {...session, flashes: Object.fromEntries(Object.entries(flashes).toReversed())} : session,
	),
	'comes back as it was: timeouts of its own': mapsKept(({idleTimeout: _, ...session}) => session),
	'comes back as it was: a timeout of its own that never ends it': mapsKept(({absoluteTimeout, ...session}) =>
		absoluteTimeout === null ? session : {...session, ...(absoluteTimeout !== undefined && {absoluteTimeout})},
	),
	'comes back as it was: a subject': mapsKept(({subject, ...session}) =>
		subject === undefined ? session : {...session, subject: subject.normalize('NFKD')},
	),
	'comes back as it was: a key that no request has proved yet': mapsKept(session => {
		const {binding, ...others} = session;
		return binding?.since === undefined ? others : session;
	}),
	'comes back as it was: a key that every request proves, and the time of the last use': mapsKept(
		({seenAt: _, ...session}) => session,
	),
	'comes back as it was: a property of a later version': mapsKept(session => {
		const {later: _, ...others} = session as Envelope & {later?: unknown};
		return others;
	}),
	'comes back as it was: JSON values': loses(isNull, () => undefined),
	'comes back as it was: text of all kinds': loses(isString, text => text.toWellFormed()),
	'comes back as it was: undefined': loses(isUndefined, () => null),
	'comes back as it was: numbers that JSON lacks': loses(isNumber, number => number + 0),
	'comes back as it was: numbers at their limits': loses(isNumber, Math.fround),
	'comes back as it was: BigInt': loses(isBigInt, number => BigInt.asIntN(64, number)),
	'comes back as it was: dates': loses(isDate, date => new Date(Math.trunc(date.getTime() / 1000) * 1000)),
	'comes back as it was: an invalid date': loses(isDate, date => (Number.isNaN(date.getTime()) ? null : date)),
	'comes back as it was: maps': loses(isMap, map => new Map([...map].toReversed())),
	'comes back as it was: sets': loses(isSet, set => new Set([...set].toReversed())),
	'comes back as it was: bytes': loses(isBytes, bytes => Buffer.from(bytes)),
	'comes back as it was: buffers': loses(isBuffer, bytes => new Uint8Array(bytes)),
	'comes back as it was: keys that could be anything': mapsRead(assigned),
	'comes back as it was: objects that look like marks of a codec': loses(looksLikeDate, ({$date}) => new Date($date)),
	'comes back as it was: 100 levels': bounded,
	'comes back as it was: 100 levels around a date': bounded,
	'comes back as it was: an object in two places': seesTwice,
	'comes back as it was: an object without a prototype': wantsPrototype,
	'comes back as it was: holes in an array': loses(isArray, list => list.filter(() => true)),
	'comes back as it was: lengths at their limits': loses(isBytes, bytes => bytes.subarray(0, 65_535)),
	'comes back as it was: an object of 65,536 keys': loses(isLarge, object =>
		Object.fromEntries(Object.entries(object).slice(1)),
	),
	'comes back as it was: a megabyte': loses(isString, text => text.slice(0, 65_536)),
	'no decoded key reaches a prototype': mapsRead(assigned),

	'nothing stored yields nothing, and keeps nothing unless given a session': function* (stored, context) {
		const passage = open(sound, stored, context);
		return passage.close(yield passage.session ?? empty());
	},
	'an unchanged session gives the very bytes that came in': mapsBytes(kept => kept && Uint8Array.from(kept)),
	'a change deep inside is seen': compares(({data}) => Object.entries(data).flat().map(String).join()),
	'a deletion is seen': mapsKept((session, stored) => {
		const before = stored && open(sound, stored, {key: ''}).session;
		return {...session, data: {...before?.data, ...session.data}};
	}),
	'a change of type alone is seen': compares(session => JSON.stringify(session)),
	...Object.fromEntries(
		codecCases
			.filter(({title}) => title.startsWith(besideData))
			.map(({title}) => [title, overlooks(title.slice(besideData.length))]),
	),
	'a session is left as it was by being stored, so that a request can go on with it': tidies,
	'a stored session given up keeps nothing': mapsBytes((kept, stored) => kept ?? stored),

	'a passage yields once': yieldsTwice,
	'an aborted passage is over, and leaves nothing behind': staysBusy(),
	'two passages at once know nothing of each other': sharesState(),
	'each passage yields its own session': caches(),
	'stored bytes are never written into, not even through a session that holds bytes': wipes,
	'what is stored shares no memory with the session that it was made of': procrastinates(),
	'stored bytes may lie anywhere in memory, and be a Buffer or not': overlooksOffset,
	'a codec serves any number of records, under any key': reusesMemory(),

	...Object.fromEntries(
		codecCases.filter(({title}) => title.endsWith('is refused by its path')).map(({title}) => [title, forgives]),
	),
	'a function is refused in any place': forgivesItems,
	'toJSON() is refused as the function that it is, and not called': callsToJson,
	'a refusal quotes no data': quotesRefused,

	'an empty record is undecodable': undecodables(stored => stored.length === 0),
	'foreign bytes are undecodable': undecodables(stored => stored[0] === 0xff),
	'a record cut off anywhere is undecodable': undecodables(stored => stored.length > 20),
	'a record with any bit changed is undecodable, or another session that can be stored, and nothing worse':
		readsGarbage((_stored, error) => {
			throw new TypeError('Unexpected token', {cause: error});
		}),
	'the error for an undecodable record quotes no data': quotesGarbage,
};

/** Codecs that break a case in another way: they refuse what they should, but not as the contract says. */
export const refusalFaults: Readonly<Record<string, EnvelopeCodec>> = {
	'without the path': refuses(() => {
		throw new SessionError('ERR_SESSION_NOT_ENCODABLE', 'Expected plain data');
	}),
	'with another code': refuses((_session, error) => {
		throw new TypeError(error.message);
	}),
	'before the yield': function* (stored, context) {
		if (stored) throw new SessionError('ERR_SESSION_NOT_ENCODABLE', 'Expected `data.cart[2].value` to be plain data');
		return yield* sound(stored, context);
	},
};
