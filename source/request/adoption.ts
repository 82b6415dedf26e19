import {isStoreFault, SessionError} from '../errors.ts';
import {publish} from '../events.ts';
import {checkFunction, checkObject, checkOneOf, unexpected} from '../options/checks.ts';
import type {Duration} from '../options/duration.ts';
import {backOff} from '../records/back-off.ts';
import type {Timeouts} from '../records/expiry.ts';
import {hasContent, type State, type StoredSession} from '../records/stored-session.ts';
import type {Data} from '../session.ts';
import {deriveId, makeId} from '../tokens/identifier.ts';
import {checkOptionalText, checkSubject} from './arguments.ts';
import {judge} from './judge.ts';
import {isTooLate} from './losses.ts';
import {readTimeout} from './own-timeouts.ts';
import type {RequestSession} from './request-session.ts';
import {checkData} from './session-object.ts';
import type {Proof} from './standing.ts';

/** A request that created the new session has this long to end the old one, in milliseconds. After that, others end it. */
const longestAdoption = 60_000;

/** How often another request checks whether the old session is gone: for about 0.1 seconds in all, plus the reads. */
const looks = 8;

/** What a session of another library held. */
export type OldContent<SessionData = Data> = {
	readonly data: SessionData;

	/** Whose session it is, for `sessions.list()` and `sessions.revoke()`. */
	readonly subject?: string | undefined;

	/** @default The option of the same name. */
	readonly permanent?: boolean | undefined;

	/** Its own idle timeout. @default The option of the same name. */
	readonly idleTimeout?: Duration | undefined;

	/** Its own absolute timeout. @default The option of the same name, or `idleTimeout` if that is longer. */
	readonly absoluteTimeout?: Duration | undefined;
};

/**
A session of another library, to be carried on here.

@example
import type {OldSession} from 'koa-server-session';

const records = new Map<string, {user: string}>();
const old = (id: string): OldSession => ({
	cookie: 'old',
	secret: id,
	async read() {
		const data = records.get(id);
		return data && {data};
	},
	async end() {
		records.delete(id);
	},
});
*/
export interface OldSession<SessionData = Data> {
	/** The name of its cookie. It must differ from the cookie's name here. */
	readonly cookie: string;

	/**
	Something that only its client has and that no two sessions share, such as its random id with the signature.

	If many requests bring the same secret at once, one creates the session and all get it. Without a secret,
	each creates its own. Data is no secret: two clients may have the same, and would share a session.
	*/
	readonly secret?: string | undefined;

	/** Reads it; `undefined` if it is gone. Called again once the new one is stored: another request may be faster. */
	read(): Promise<OldContent<SessionData> | undefined>;

	/**
	Ends it where it was kept. Called only after the new one is stored. If it rejects, so does the request.

	Without it, the old session can be brought again after a logout.
	*/
	end?(): Promise<void>;
}

/**
What became of an old session.

- `adopted`: the request has its data, under a new id.
- `gone`: nothing is left of it, or it was empty.
- `settled`: the client has a token of this library, so its session moved earlier. That token counts, dead or alive.
- `refused`: this request can't store a session; nothing has changed.
*/
export type Adoption = 'adopted' | 'gone' | 'settled' | 'refused';

/** Carries on an old session, unless the request has a token of this library. */
export const adopt = async (request: RequestSession, old: OldSession): Promise<Adoption> => {
	checkObject('old', old, 'a session of another library');
	if (typeof old.cookie !== 'string') throw unexpected('old.cookie', 'the name of a cookie', old.cookie);
	checkOptionalText('old.secret', old.secret);
	checkFunction('old.read', old.read);
	if (old.end !== undefined) checkFunction('old.end', old.end);
	if (request.exclusiveNames.includes(old.cookie)) throw sameCookie(old.cookie);

	const {standing, client, stored, hasEnded, exchange, records} = request;
	if (standing.kind === 'unavailable') return 'refused';
	if (client.hasToken || stored || hasEnded) return 'settled';
	if (!client.canLearn) return 'refused';

	try {
		const stored = await store(request, old);
		if (typeof stored === 'string') return stored;
		const proof = judge(records, stored, exchange.device);
		// It is bound by now, and a copy of the old cookie is no proof.
		if (proof === 'refused') return 'settled';

		carryOn(request, stored, proof);
		// The application may send its response itself.
		request.tell();
		return 'adopted';
	} catch (error) {
		if (!request.options.isTolerant || !isStoreFault(error)) throw error;
		return 'refused';
	}
};

const carryOn = (request: RequestSession, stored: StoredSession, proof: Proof): void => {
	try {
		request.adopt(stored, proof);
	} catch (error) {
		// The option `merge` has failed.
		stored.abort();
		throw error;
	}
};

/**
The id is derived from the secret, so that parallel requests meet in one session. It is no easier to guess than the
secret.

A request that finds the old record gone looks for the new one, which was stored before that.
*/
const store = async (request: RequestSession, old: OldSession): Promise<StoredSession | 'gone' | 'refused'> => {
	const {records, live} = request;
	const {cookie, secret} = old;
	const id = secret === undefined ? makeId() : deriveId(JSON.stringify(['adopted', cookie, secret]));
	const state = toState(await old.read(), live.blank, records.timeouts);
	const created = state && (await records.create(id, state));
	if (typeof created === 'object') {
		// Gone now: another request moved it while this one was slow. As the id was free again, that session has ended.
		if (secret !== undefined && !(await old.read())) {
			await records.end(created.key, {version: created.record.version});
			return 'gone';
		}

		// Nobody could find it again.
		if (secret === undefined && isTooLate(request)) {
			await records.deleteUntold(created);
			return 'refused';
		}

		publish('adopt', () => ({session: records.nameOf(created.key)}));
		await old.end?.();
		return created;
	}

	if (secret === undefined) return 'gone';
	// If this request ended the session before the old one is ended, a slow third request would create it again.
	for (let tries = 1; state && old.end && tries <= looks && (await old.read()); tries++) await backOff(tries);
	const stored = await records.read(id, records.keyOf(id));
	if (typeof stored === 'string') return 'gone';

	// The request that created the session failed before it could end the old one.
	try {
		if (state && stored.open().createdAt < Date.now() - longestAdoption) await old.end?.();
		return stored;
	} catch (error) {
		stored.abort();
		throw error;
	}
};

const sameCookie = (name: string) =>
	new SessionError(
		'ERR_SESSION_DUPLICATE',
		`Expected the old session's cookie to have a name of its own, but this session uses \`${name}\` too. ` +
			'Set the option `cookie.name`',
	);

/** What `old.read()` gave, checked. `undefined` if it is empty, or gone, for which JavaScript may say `null`. */
const toState = (content: OldContent | null | undefined, blank: State, options: Timeouts): State | undefined => {
	if (content === undefined || content === null) return undefined;
	checkObject('old.read()', content, 'a promise of an object with `data`, or of `undefined`');
	const {subject, permanent = blank.permanent} = content;
	const data = checkData(content.data);
	checkSubject(subject);
	checkOneOf('permanent', permanent, [true, false]);
	if (!hasContent({subject, flashes: undefined, data})) return undefined;

	const idleTimeout = readTimeout('idleTimeout', content.idleTimeout);
	// The user was promised that long. Most libraries have no absolute timeout.
	const least = idleTimeout !== undefined && idleTimeout > options.absoluteTimeout ? idleTimeout : undefined;
	const absoluteTimeout = readTimeout('absoluteTimeout', content.absoluteTimeout) ?? least;
	return {...blank, idleTimeout, absoluteTimeout, subject, permanent, data};
};
